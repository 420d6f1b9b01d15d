package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.cluster.HashSlot;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The registry of one server, in each of its databases.
 *
 * @param database the upstream's own
 */
record OneServerRegistry(RowLinks links, int database) implements OutboxRegistry {
  static final byte[] NAME = "nearside:outboxes".getBytes(UTF_8);

  @Override
  public CompletableFuture<List<Known>> look(List<String> own) {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(Outbox.number(FORGOTTEN.toMillis()));
    arguments.add(Outbox.number(database));
    own.forEach(name -> arguments.add(name.getBytes(UTF_8)));
    return this.<List<Object>>run(KnownOutboxScripts.LOOK, ScriptOutputType.MULTI, arguments)
        .thenApply(said -> said.stream().map(OneServerRegistry::known).toList());
  }

  private static Known known(Object said) {
    List<?> fields = (List<?>) said;
    return new Known(
        (Long) fields.get(0),
        new String((byte[]) fields.get(1), UTF_8),
        (Long) fields.get(2),
        (Long) fields.get(3),
        (Long) fields.get(4));
  }

  @Override
  public CompletableFuture<@Nullable String> flush(
      List<byte[]> words, int selected, List<byte[]> affected, List<String> own) {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(Outbox.number(selected));
    arguments.add(Outbox.number(database));
    arguments.add(Outbox.number(own.size()));
    own.forEach(name -> arguments.add(name.getBytes(UTF_8)));
    arguments.add(Outbox.number(affected.size()));
    arguments.addAll(affected);
    arguments.addAll(words);
    return this.<byte[]>run(KnownOutboxScripts.FLUSH, ScriptOutputType.VALUE, arguments)
        .thenApply(name -> name.length == 0 ? null : new String(name, UTF_8));
  }

  private <T> CompletableFuture<T> run(
      Script script, ScriptOutputType type, List<byte[]> arguments) {
    return script.run(links, HashSlot.NONE, type, List.of(NAME), arguments.toArray(byte[][]::new));
  }
}

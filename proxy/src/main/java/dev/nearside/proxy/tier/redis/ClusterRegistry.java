package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.config.NearsideConfig.Address;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/*
 * A flush is for every primary, and no step is one of several of them. So all are asked first
 * whether they have something that would be lost; then each is asked again in the very step in
 * which it is flushed. A slot that is on its way, or has another node than was thought, could hide
 * something: each says in those steps that it has none of these.
 */

/** The registry of a cluster, which is in one slot. */
final class ClusterRegistry implements OutboxRegistry {
  private static final int UNSETTLED = -2;
  private static final CompletableFuture<Backlog> NOTHING =
      CompletableFuture.completedFuture(Backlog.NONE);

  private final ClusterRowServers servers;
  private final ClusterMap map;
  private final SlotCalls calls;
  private final WakeList wakes;

  ClusterRegistry(ClusterRowServers servers, ClusterMap map) {
    this.servers = servers;
    this.map = map;
    this.calls = new SlotCalls(servers);
    this.wakes = new WakeList(calls);
  }

  @Override
  public int database() {
    return 0; // a cluster has no other
  }

  @Override
  public CompletableFuture<List<Known>> look(List<String> own) {
    return names(own).thenCompose(this::known);
  }

  /** Returns what is registered, and for how long nobody has said so; not how much it has. */
  private CompletableFuture<List<Known>> names(List<String> own) {
    byte[] name = OneServerRegistry.NAME;
    byte[][] arguments = own.stream().map(each -> each.getBytes(UTF_8)).toArray(byte[][]::new);
    return KnownOutboxScripts.NAMES
        .<List<Object>>run(
            servers, servers.names().slotOf(name), ScriptOutputType.MULTI, List.of(name), arguments)
        .thenApply(said -> {
          List<Known> all = new ArrayList<>();
          for (int i = 0; i + 1 < said.size(); i += 2) {
            String each = new String((byte[]) said.get(i), UTF_8);
            all.add(new Known(database(), each, 0, 0, (Long) said.get(i + 1)));
          }
          return all;
        });
  }

  /** What has sidecars that drain it need not be looked into. */
  private CompletableFuture<List<Known>> known(List<Known> named) {
    CompletableFuture<List<Known>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (Known each : named) {
      CompletableFuture<Backlog> listed =
          Known.isQuiet(each.silentMs()) ? listed(each.name()) : NOTHING;
      all =
          all.thenCombine(
              listed,
              (before, seen) -> {
                before.add(
                    new Known(
                        each.database(), each.name(), seen.depth(), seen.dead(), each.silentMs()));
                return before;
              });
    }
    return all.thenApply(this::forgetOld);
  }

  /** Returns how much there is in those slots of {@code namespace} that are announced. */
  private CompletableFuture<Backlog> listed(String namespace) {
    OutboxKeys keys = new OutboxKeys(servers.names(), namespace);
    return Partition.of(servers.names(), namespace).stream()
        .map(partition ->
            wakes.read(partition).thenCompose(listed -> in(listed.scores().keySet(), keys)))
        .reduce(NOTHING, ClusterRegistry::both);
  }

  /** Nobody takes a slot out of the list where nobody drains: so what it has is looked at. */
  private CompletableFuture<Backlog> in(Set<Integer> slots, OutboxKeys keys) {
    return slots.stream()
        .map(slot ->
            calls
                .<List<Object>>run(
                    OutboxScripts.OBSERVE,
                    ScriptOutputType.MULTI,
                    slot,
                    List.of(keys.stream(slot), keys.dead(slot)))
                .thenApply(said -> SealedSlots.backlog(said, 0)))
        .reduce(NOTHING, ClusterRegistry::both);
  }

  private static CompletableFuture<Backlog> both(
      CompletableFuture<Backlog> one, CompletableFuture<Backlog> other) {
    return one.thenCombine(other, Backlog::and);
  }

  private List<Known> forgetOld(List<Known> all) {
    byte[] name = OneServerRegistry.NAME;
    List<Known> left = new ArrayList<>();
    for (Known each : all) {
      if (each.depth() + each.dead() == 0 && each.silentMs() > FORGOTTEN.toMillis()) {
        byte[] gone = each.name().getBytes(UTF_8);
        var _ = servers.ask(servers.names().slotOf(name), redis -> redis.async().zrem(name, gone));
      } else {
        left.add(each);
      }
    }
    return left;
  }

  @Override
  public CompletableFuture<@Nullable String> flush(
      List<byte[]> words, int selected, List<byte[]> affected, List<String> own) {
    ClusterMap.Snapshot now = map.snapshot();
    return names(own)
        .thenCompose(named -> {
          Set<String> names = new HashSet<>(own);
          named.forEach(each -> names.add(each.name()));
          List<String> all = List.copyOf(names);
          return ask(now, all, List.of())
              .thenCompose(full ->
                  full != null
                      ? CompletableFuture.completedFuture(full)
                      : ask(now, all, words).thenApply(ClusterRegistry::flushed));
        });
  }

  /** Others may have been flushed by then. */
  private static @Nullable String flushed(@Nullable String full) {
    if (full != null) {
      throw new IllegalStateException("some of the primaries were not flushed");
    }
    return null;
  }

  /** Returns whose outbox has something at one of the primaries, which then does nothing. */
  private CompletableFuture<@Nullable String> ask(
      ClusterMap.Snapshot now, List<String> names, List<byte[]> words) {
    CompletableFuture<@Nullable String> all = CompletableFuture.completedFuture(null);
    for (Address primary : now.primaries()) {
      all =
          all.thenCombine(
              ask(now, primary, names, words), (before, full) -> before == null ? full : before);
    }
    return all;
  }

  private CompletableFuture<@Nullable String> ask(
      ClusterMap.Snapshot now, Address primary, List<String> names, List<byte[]> words) {
    List<Integer> slots =
        IntStream.range(0, HashSlot.COUNT)
            .filter(slot -> primary.equals(now.owners().of(slot)))
            .boxed()
            .toList();
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(Outbox.number(words.size()));
    arguments.addAll(words);
    arguments.add(NodeView.slots(now, primary).getBytes(UTF_8));
    byte[] registry = OneServerRegistry.NAME;
    boolean has = slots.contains(servers.names().slotOf(registry));
    arguments.add(has ? registry : new byte[0]);
    for (String name : names) {
      OutboxKeys keys = new OutboxKeys(servers.names(), name);
      slots.forEach(slot -> arguments.add(keys.stream(slot)));
    }
    StatefulRedisConnection<byte[], byte[]> connection = servers.connectionTo(primary);
    return KnownOutboxScripts.FLUSH_NODE
        .<Long>run(
            connection, ScriptOutputType.INTEGER, List.of(), arguments.toArray(byte[][]::new))
        .thenApply(at -> {
          if (at == UNSETTLED) {
            throw new UnsentException("slots are on their way");
          }
          return at < 0 ? null : names.get((int) (at / slots.size()));
        });
  }
}

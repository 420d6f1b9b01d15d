package dev.nearside.proxy.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.tier.redis.DeadLetters;
import dev.nearside.proxy.tier.redis.DeadLetters.Letter;
import dev.nearside.proxy.write.RowWrites;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code NEARSIDE.OUTBOX DEAD namespace [count] | REPLAY namespace id [id …] | DROP namespace id
 * [id …]}: what is done about writes that the database never takes.
 */
final class OutboxCommand {
  private static final int MOST_SHOWN = 1_000;
  private static final String FORM =
      "ERR NEARSIDE.OUTBOX takes DEAD namespace [count], REPLAY namespace id [id ...] or DROP"
          + " namespace id [id ...]";

  private final RowWrites writes;
  private final Request request;

  private OutboxCommand(RowWrites writes, Request request) {
    this.writes = writes;
    this.request = request;
  }

  /**
   * Runs it.
   *
   * @return the reply's bytes, later
   * @throws IllegalArgumentException whose message is the error to reply with
   */
  static CompletableFuture<byte[]> run(@Nullable RowWrites writes, Request request) {
    if (writes == null) {
      throw new IllegalArgumentException("ERR no namespace is written behind");
    }
    return new OutboxCommand(writes, request).reply();
  }

  private CompletableFuture<byte[]> reply() {
    DeadLetters letters = writes.deadLetters();
    if (request.argCount() >= 3 && request.argIs(1, "DEAD") && request.argCount() <= 4) {
      return letters.list(namespace(), count()).thenApply(OutboxCommand::listed);
    }
    if (request.argCount() >= 4 && request.argIs(1, "REPLAY")) {
      return each(letters::replay);
    }
    if (request.argCount() >= 4 && request.argIs(1, "DROP")) {
      return each(letters::drop);
    }
    throw new IllegalArgumentException(FORM);
  }

  private String namespace() {
    String name = new String(request.arg(2), UTF_8);
    return writes.outboxes().stream()
        .map(Namespace::name)
        .filter(name::equals)
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "ERR no namespace called '" + name + "' is written behind"));
  }

  private int count() {
    String text = request.argCount() == 4 ? new String(request.arg(3), UTF_8) : "10";
    if (!text.matches("[1-9]\\d{0,3}")) {
      throw new IllegalArgumentException("ERR count is not between 1 and " + MOST_SHOWN);
    }
    return Math.min(MOST_SHOWN, Integer.parseInt(text));
  }

  /** Does it for each id; replies for how many it was done. */
  private CompletableFuture<byte[]> each(
      BiFunction<String, byte[], CompletableFuture<Boolean>> task) {
    String namespace = namespace();
    List<byte[]> ids = Invalidate.args(request, 3);
    if (!ids.stream().allMatch(DeadLetters::isId)) {
      throw new IllegalArgumentException("ERR an id is not one that NEARSIDE.OUTBOX DEAD shows");
    }
    CompletableFuture<Long> done = CompletableFuture.completedFuture(0L);
    for (byte[] id : ids) {
      done =
          done.thenCompose(
              before -> task.apply(namespace, id).thenApply(did -> did ? before + 1 : before));
    }
    return done.thenApply(Replies::integer);
  }

  private static byte[] listed(List<Letter> letters) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(Replies.arrayHeader(letters.size()));
    for (Letter letter : letters) {
      byte[] value = letter.value();
      out.writeBytes(Replies.arrayHeader(4));
      out.writeBytes(Replies.bulk(letter.id().getBytes(UTF_8)));
      out.writeBytes(Replies.bulk(letter.key()));
      out.writeBytes(Replies.bulk(letter.why().getBytes(UTF_8)));
      out.writeBytes(Replies.bulk(value == null ? "(deleted)".getBytes(UTF_8) : value));
    }
    return out.toByteArray();
  }
}

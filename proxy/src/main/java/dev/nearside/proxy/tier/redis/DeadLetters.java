package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.cluster.HashSlot;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the database never takes of what is pending in an {@link Outbox}. Thread-safe, never blocks;
 * futures end exceptionally where Redis cannot be asked.
 */
public final class DeadLetters {
  /**
   * One of them.
   *
   * @param id its place in the stream, by which it is named
   * @param why what the database has said
   * @param value what its key was to hold, or null for nothing
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Letter(String id, byte[] key, String why, byte @Nullable [] value) {}

  private final Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection;
  private final SecureRandom random = new SecureRandom();

  DeadLetters(Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection) {
    this.connection = connection;
  }

  /** Returns the oldest of {@code namespace}, {@code most} of them. */
  public CompletableFuture<List<Letter>> list(String namespace, int most) {
    StatefulRedisConnection<byte[], byte[]> current = connection.get();
    if (current == null || !current.isOpen()) {
      return CompletableFuture.failedFuture(new IllegalStateException("Redis is not connected"));
    }
    CompletionStage<List<StreamMessage<byte[], byte[]>>> found =
        current.async().xrange(OutboxKeys.dead(namespace), Range.unbounded(), Limit.from(most));
    return found
        .thenApply(messages -> messages.stream().map(DeadLetters::letter).toList())
        .toCompletableFuture();
  }

  private static Letter letter(StreamMessage<byte[], byte[]> message) {
    Map<ByteBuffer, byte[]> fields = new HashMap<>();
    message.getBody().forEach((name, value) -> fields.put(ByteBuffer.wrap(name), value));
    byte[] written = field(fields, "pending");
    Outbox.Pending pending = Outbox.Pending.read(written);
    return new Letter(
        message.getId(),
        field(fields, "k"),
        new String(field(fields, "why"), UTF_8),
        pending == null ? written : pending.state().value());
  }

  private static byte[] field(Map<ByteBuffer, byte[]> fields, String name) {
    return fields.getOrDefault(ByteBuffer.wrap(name.getBytes(UTF_8)), new byte[0]);
  }

  /**
   * Has it pending again, as if it were written now; false where there is none called {@code id},
   * or something newer is pending.
   */
  public CompletableFuture<Boolean> replay(String namespace, byte[] id) {
    byte[] token = new byte[OutboxScripts.TOKEN_BYTES];
    random.nextBytes(token);
    return OutboxScripts.REPLAY
        .<Long>run(
            connection.get(),
            ScriptOutputType.INTEGER,
            List.of(OutboxKeys.stream(namespace), OutboxKeys.dead(namespace)),
            id,
            token,
            Outbox.PENDING,
            SideNames.PLAIN.leases(HashSlot.NONE))
        .thenApply(said -> said == 1);
  }

  /** Gives it up; false where there is none called {@code id}. */
  public CompletableFuture<Boolean> drop(String namespace, byte[] id) {
    StatefulRedisConnection<byte[], byte[]> current = connection.get();
    if (current == null || !current.isOpen()) {
      return CompletableFuture.failedFuture(new IllegalStateException("Redis is not connected"));
    }
    String name = new String(id, UTF_8);
    CompletionStage<Long> dropped = current.async().xdel(OutboxKeys.dead(namespace), name);
    return dropped.thenApply(count -> count == 1).toCompletableFuture();
  }

  /** Returns whether {@code id} may be the name of one. */
  public static boolean isId(byte[] id) {
    return new String(id, UTF_8).matches("\\d{1,19}-\\d{1,19}");
  }
}

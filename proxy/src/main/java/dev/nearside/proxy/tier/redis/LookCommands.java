package dev.nearside.proxy.tier.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * GET lease(k), GET k, PTTL lease(k) in one write. In this order: a holder that puts its value
 * deletes the lease in the same step, so a lease seen before a missing k means that its outcome is
 * still to come, or will be pushed to a connection that tracks both.
 */
final class LookCommands {
  private static final RedisCodec<byte[], byte[]> CODEC = ByteArrayCodec.INSTANCE;

  /**
   * What Redis has.
   *
   * @param lease the token or marker, or null where there is none
   * @param value the key's value, or null where there is none
   * @param leaseMillis what PTTL said of the lease: −2 gone meanwhile, −1 no expiry
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  record Seen(byte @Nullable [] lease, byte @Nullable [] value, long leaseMillis) {
    boolean isMarked() {
      return Arrays.equals(lease, Leases.ABSENT);
    }
  }

  private LookCommands() {}

  /**
   * Sends them.
   *
   * @param leaseKey the name of its lease
   * @param look called on the connection's thread, before it decodes anything further, with what
   *     was seen, or null where one of them had no answer
   */
  static CompletableFuture<Look> send(
      StatefulRedisConnection<byte[], byte[]> connection,
      byte[] key,
      byte[] leaseKey,
      Function<@Nullable Seen, Look> look) {
    AsyncCommand<byte[], byte[], byte[]> lease =
        command(CommandType.GET, new ValueOutput<>(CODEC), leaseKey);
    AsyncCommand<byte[], byte[], byte[]> value =
        command(CommandType.GET, new ValueOutput<>(CODEC), key);
    AsyncCommand<byte[], byte[], Long> left =
        command(CommandType.PTTL, new IntegerOutput<>(CODEC), leaseKey);
    CompletableFuture<Look> looked =
        lease
            .thenCombine(value, Both::new)
            .thenCombine(left, (both, millis) -> new Seen(both.lease, both.value, millis))
            .handle((seen, failure) -> look.apply(failure == null ? seen : null));
    connection.dispatch(List.of(lease, value, left));
    return looked;
  }

  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  private record Both(byte @Nullable [] lease, byte @Nullable [] value) {}

  private static <T> AsyncCommand<byte[], byte[], T> command(
      CommandType type, CommandOutput<byte[], byte[], T> output, byte[] key) {
    return new AsyncCommand<>(new Command<>(type, output, new CommandArgs<>(CODEC).addKey(key)));
  }
}

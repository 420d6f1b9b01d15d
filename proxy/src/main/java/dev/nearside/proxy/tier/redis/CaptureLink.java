package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the one reader of changes does at Redis, on one connection: holds the gate, and deletes
 * keys. With the connection his time is over; a failover may have lost what he did. Thread-safe,
 * never blocks; the connection belongs to somebody else. Futures end exceptionally where Redis does
 * not answer, or refuses.
 */
public final class CaptureLink {
  /** What the names of gates begin with. */
  public static final String GATES = "nearside:capture:";

  /** How long the gate outlives a reader who says nothing more. */
  public static final Duration TTL = Duration.ofSeconds(6);

  /**
   * Some of the keys that there are.
   *
   * @param keys may come twice
   * @param next where the others are asked for, or null if there are none
   */
  public record Page(List<byte[]> keys, @Nullable String next) {}

  private static final int PAGE = 512;

  private final StatefulRedisConnection<byte[], byte[]> connection;
  private final byte[] gate;
  private final byte[] token;
  private final byte[] ttl = Long.toString(TTL.toMillis()).getBytes(US_ASCII);

  CaptureLink(StatefulRedisConnection<byte[], byte[]> connection, CapturedKeys captured) {
    this.connection = connection;
    this.gate = captured.gate();
    this.token = captured.newToken();
  }

  /** Returns whether its connection is still there. */
  public boolean isOpen() {
    return connection.isOpen();
  }

  /** Takes the gate, shut, unless another sidecar has it. */
  public CompletableFuture<Boolean> take() {
    return run(CaptureScripts.TAKE, ttl);
  }

  /** Puts its end off; false when it is not ours any more. */
  public CompletableFuture<Boolean> renew() {
    return run(CaptureScripts.RENEW, ttl);
  }

  /** From now on rows may be put into Redis; false when the gate is not ours any more. */
  public CompletableFuture<Boolean> open() {
    return run(CaptureScripts.OPEN, ttl);
  }

  /** From now on no row is put into Redis that is not being put there. */
  public CompletableFuture<Boolean> shut() {
    return run(CaptureScripts.SHUT, ttl);
  }

  /** Leaves the gate to whoever comes. */
  public CompletableFuture<Boolean> release() {
    return run(CaptureScripts.RELEASE);
  }

  /** Deletes {@code keys}, and their leases, in one step. */
  public CompletableFuture<Long> forget(List<byte[]> keys) {
    return connection.async().del(names(keys)).toCompletableFuture();
  }

  /**
   * Returns some of the keys that begin with {@code prefix}.
   *
   * @param from null, or what the page before has said
   */
  public CompletableFuture<Page> keys(byte[] prefix, @Nullable String from) {
    ScanCursor cursor = from == null ? ScanCursor.INITIAL : ScanCursor.of(from);
    ScanArgs some = ScanArgs.Builder.limit(PAGE).match(pattern(prefix));
    return connection
        .async()
        .scan(cursor, some)
        .thenApply(page -> new Page(page.getKeys(), page.isFinished() ? null : page.getCursor()))
        .toCompletableFuture();
  }

  /** Returns the key that {@code name} is the lease of, or null if it is none. */
  public static byte @Nullable [] keyOfLease(byte[] name) {
    return SideNames.PLAIN.keyOfLease(ByteBuffer.wrap(name));
  }

  private static byte[][] names(List<byte[]> keys) {
    return keys.stream()
        .flatMap(key -> Stream.of(key, SideNames.PLAIN.lease(key)))
        .toArray(byte[][]::new);
  }

  private CompletableFuture<Boolean> run(byte[] script, byte[]... arguments) {
    byte[][] keys = {gate};
    byte[][] all = new byte[arguments.length + 1][];
    all[0] = token;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return connection
        .async()
        .<Long>eval(script, ScriptOutputType.INTEGER, keys, all)
        .thenApply(did -> did == 1)
        .toCompletableFuture();
  }

  private static byte[] pattern(byte[] prefix) {
    ByteArrayOutputStream pattern = new ByteArrayOutputStream();
    for (byte each : prefix) {
      if ("\\*?[]^-".indexOf(each) >= 0) {
        pattern.write('\\');
      }
      pattern.write(each);
    }
    pattern.write('*');
    return pattern.toByteArray();
  }
}

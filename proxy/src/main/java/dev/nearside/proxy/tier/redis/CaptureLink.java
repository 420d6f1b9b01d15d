package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What the one reader of changes does at Redis: holds the gate, and deletes keys. With the
 * connection, or in a cluster any of them, his time is over; a failover may have lost what he did.
 * Thread-safe, never blocks; the connection belongs to somebody else. Futures end exceptionally
 * where Redis does not answer, or refuses.
 */
public final class CaptureLink {
  /** What the names of gates begin with. */
  public static final String GATES = "nearside:capture:";

  /** How long the gate outlives a reader who says nothing more. */
  public static final Duration TTL = Duration.ofSeconds(6);

  private final StatefulRedisConnection<byte[], byte[]> connection;
  private final RowLinks links;
  private final @Nullable Set<StatefulRedisConnection<byte[], byte[]>> all;
  private final byte[] gate;
  private final byte[] token;
  private final byte[] ttl = Long.toString(TTL.toMillis()).getBytes(US_ASCII);

  /**
   * Creates one.
   *
   * @param connection to who has the gate
   */
  CaptureLink(
      StatefulRedisConnection<byte[], byte[]> connection, RowLinks links, CapturedKeys captured) {
    this.connection = connection;
    this.links = links;
    this.all = links.connections();
    this.gate = captured.gate();
    this.token = captured.newToken();
  }

  /**
   * Returns whether its connections are still there: with any of them may be gone what was done at
   * its server.
   */
  public boolean isOpen() {
    return connection.isOpen() && all != null && all.equals(links.connections());
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

  /**
   * Returns for how long behind {@link #take} leases may still be given by who does not know of it.
   */
  public Duration settling() {
    return links.names().areInSlots() ? GateWatch.SETTLING : Duration.ZERO;
  }

  /** Deletes {@code keys}, and their leases before them, or in the same step. */
  public CompletableFuture<Long> forget(List<byte[]> keys) {
    return links.forget(keys);
  }

  /**
   * Returns some of the keys that begin with {@code prefix}.
   *
   * @param from null, or what the page before has said
   */
  public CompletableFuture<KeyPage> keys(byte[] prefix, @Nullable String from) {
    return links.scan(pattern("", prefix), from);
  }

  /** As {@link #keys}, of keys that have a lease. */
  public CompletableFuture<KeyPage> leased(byte[] prefix, @Nullable String from) {
    return links
        .scan(pattern(links.names().leasePattern(), prefix), from)
        .thenApply(page -> new KeyPage(leased(page.keys()), page.next(), page.begins()));
  }

  private List<byte[]> leased(List<byte[]> leases) {
    return leases.stream()
        .map(lease -> links.names().keyOfLease(ByteBuffer.wrap(lease)))
        .filter(Objects::nonNull)
        .toList();
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

  private static byte[] pattern(String before, byte[] prefix) {
    ByteArrayOutputStream pattern = new ByteArrayOutputStream();
    pattern.writeBytes(before.getBytes(US_ASCII));
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

package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Why a value read from the database under a lease is never older than a write of its key.
 *
 * The filler:  A  SET lease(k) token NX PX ttl   at Redis
 *              R  read of k's row                at the database, sent after A's reply
 *              F  script: if lease(k) is token, delete it and SET k unless k exists
 *
 * The writer:  C  commit of k's row              at the database
 *              D  DEL lease(k)                   at Redis, sent after C
 *              W  DEL k, or SET k                at Redis, after D on the same connection
 *
 * Redis executes A, F, D and W one at a time, in some order in which A is before F and D before W.
 *
 *   A before D. If F is before D too, what F put there is gone or replaced at W, which comes after.
 *   Otherwise D has deleted the lease and F does nothing: nobody else can have set our token again.
 *   D before A. Then C, which is before D, is before A, and A is before R: the read sees the commit.
 *   The value is the writer's or newer, and it does no harm before W (which forgets or replaces it)
 *   nor after W (F leaves an existing k alone, so it never replaces what a SET wrote).
 *
 * With several writers the argument holds for each of them by itself. It needs: reads that see what
 * is committed (the primary, or a replica that waits for it); D and W in order, so one connection;
 * D sent also where the writer believes that there is no lease, since a DEL of a missing key is
 * invisible to everybody; and a Redis that does not lose D. A failover to a replica that has A but
 * not D can keep one stale value until the namespace's TTL.
 *
 * A holder that dies or hangs loses its lease by PX. Its token is never used twice, so a late F finds
 * another's token, or none.
 */

/**
 * Leases: the right of one reader to put what it reads from the database into Redis. Thread-safe,
 * never blocks; the connection belongs to the caller.
 *
 * <p>Whoever writes or deletes {@code k} sends {@code DEL} of {@link #leaseKey} just before, on the
 * same connection. In a cluster the side key must live in {@code k}'s slot and would need its hash
 * tag; this class is for a single primary.
 *
 * <p>Futures are completed on the connection's thread, or by its command time-out, and never
 * exceptionally: where Redis cannot be asked there is no lease, and nothing was filled.
 */
public final class Leases {
  /** How long a lease outlives a holder that is gone. */
  public static final Duration TTL = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(Leases.class);
  private static final byte[] PREFIX = "nearside:lease:".getBytes(US_ASCII);

  /** KEYS: k, lease(k). ARGV: token, value, TTL in milliseconds. */
  private static final byte[] FILL =
      """
      if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
      redis.call('DEL', KEYS[2])
      if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
      redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
      return 1
      """
          .getBytes(US_ASCII);

  /** KEYS: lease(k). ARGV: token. */
  private static final byte[] RELEASE =
      """
      if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
      return redis.call('DEL', KEYS[1])
      """
          .getBytes(US_ASCII);

  /**
   * A lease that was taken.
   *
   * @param key the key it is for
   * @param token what tells it from every other lease
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier between the calls of this class
  public record Lease(byte[] key, byte[] token) {}

  private final RedisAsyncCommands<byte[], byte[]> redis;
  private final byte[] process = new byte[16];
  private final AtomicLong taken = new AtomicLong();

  Leases(StatefulRedisConnection<byte[], byte[]> connection) {
    this.redis = connection.async();
    new SecureRandom().nextBytes(process);
  }

  /** Returns the side key that holds the lease of {@code key}. */
  public static byte[] leaseKey(byte[] key) {
    byte[] leaseKey = new byte[PREFIX.length + key.length];
    System.arraycopy(PREFIX, 0, leaseKey, 0, PREFIX.length);
    System.arraycopy(key, 0, leaseKey, PREFIX.length, key.length);
    return leaseKey;
  }

  /**
   * Takes the lease of {@code key}, to be called <em>before</em> the database is read. Null when
   * another holds it or Redis cannot be asked: then what is read goes to its waiters and nowhere
   * else.
   */
  public CompletableFuture<@Nullable Lease> acquire(byte[] key) {
    byte[] token = newToken();
    SetArgs onlyNew = SetArgs.Builder.nx().px(TTL.toMillis());
    CompletionStage<@Nullable String> reply = redis.set(leaseKey(key), token, onlyNew);
    return reply
        .handle((ok, failure) -> {
          note("acquire", failure);
          return failure == null && ok != null ? new Lease(key, token) : null;
        })
        .toCompletableFuture();
  }

  /**
   * Puts {@code value} into Redis for {@code ttl} (at least 1 ms), if the lease still stands and
   * the key does not exist, and gives the lease back. True when it did; false also where that is
   * not known.
   */
  public CompletableFuture<Boolean> fill(Lease lease, byte[] value, Duration ttl) {
    byte[] millis = Long.toString(Math.max(1, ttl.toMillis())).getBytes(US_ASCII);
    byte[][] keys = {lease.key(), leaseKey(lease.key())};
    return run("fill", FILL, keys, lease.token(), value, millis);
  }

  /** Gives the lease back, if it is still ours. */
  public CompletableFuture<Void> release(Lease lease) {
    byte[][] keys = {leaseKey(lease.key())};
    return run("release", RELEASE, keys, lease.token()).thenAccept(did -> {});
  }

  private CompletableFuture<Boolean> run(
      String what, byte[] script, byte[][] keys, byte[]... args) {
    CompletionStage<Long> known =
        redis.evalsha(redis.digest(script), ScriptOutputType.INTEGER, keys, args);
    return known
        .exceptionallyCompose(failure -> {
          if (unwrap(failure) instanceof RedisNoScriptException) {
            return redis.<Long>eval(script, ScriptOutputType.INTEGER, keys, args);
          }
          return CompletableFuture.failedStage(failure);
        })
        .handle((did, failure) -> {
          note(what, failure);
          return failure == null && did == 1;
        })
        .toCompletableFuture();
  }

  private byte[] newToken() {
    return ByteBuffer.allocate(process.length + Long.BYTES)
        .put(process)
        .putLong(taken.incrementAndGet())
        .array();
  }

  private static void note(String what, @Nullable Throwable failure) {
    if (failure != null && log.isDebugEnabled()) {
      log.debug("{} of a lease failed: {}", what, unwrap(failure).getClass().getName());
    }
  }

  private static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}

package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.tier.redis.LookCommands.Seen;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Why what was read from the database under a lease is never older than a write of its key.
 *
 * The holder:  A  lease(k) set to token, with an expiry, if there was no lease      at Redis
 *              R  read of k's row                  at the database, sent after A's reply
 *              F  script: if lease(k) is token, delete it and SET k unless k exists
 *
 * The writer:  C  commit of k's row                at the database
 *              D  DEL lease(k)                     at Redis, sent after C
 *              W  DEL k, or SET k                  at Redis, after D on the same connection
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
 * No row. In F's place comes M: if lease(k) is token (and k is not there), lease(k) becomes the
 * marker "absent" for the negative TTL. A marker is deleted by every D, as a lease is.
 *
 *   A before D. M before D: D deletes the marker. M after D: the token is gone, M does nothing.
 *   D before A. Then C is before R: R saw the commit, so "no row" is true as of C or newer.
 *
 * So behind a D there is no marker that hides its C: a marker never outlives a write made through
 * any sidecar, and a reader that found one looked before D, while that write was still under way.
 * A reader looks for k first (a flight, or the client's own GET), and k is there after a W that
 * SETs: a marker hides no value either. A holder that wants the marker to be remembered in L1 looks
 * once more, on the connection that is told of D; so does every other reader (see LeaseWatch).
 *
 * Refresh of a value that is about to expire. A does not ask for k to be missing, and F becomes P:
 * if lease(k) is token and k is still the old value, SET k; or, where there is no row, DEL k and
 * mark. A before D: as above, P is before D (and W has the last word) or does nothing. D before A:
 * R saw C, P's value is the writer's or newer. After W, P replaces only what equals the old value:
 * the bytes of a row that R read later. Whatever somebody else SET meanwhile is not the old value
 * and stays; where k is gone (deleted past every sidecar, or expired), it stays gone.
 *
 * Keys that are written behind have a proof of their own (Outbox), and A, and a refresh, look there
 * first. So does a sidecar that writes nothing behind itself.
 *
 * A holder that dies or hangs loses its lease by its expiry, which it otherwise puts off (PEXPIRE,
 * only of its own) while its read is under way. Its token is never used twice, so a late F, M or P
 * finds another's token, a marker, or none. How long a lease lasts is no part of the argument: only
 * how many reads there are depends on it.
 */

/**
 * Leases: the right of one reader to put what it reads from the database into Redis. Thread-safe,
 * never blocks; the connections belong to the caller.
 *
 * <p>Whoever writes or deletes {@code k} sends {@code DEL} of {@link SideNames#lease} just before,
 * on the same connection; in a cluster, where the two could be sent on to different nodes, he
 * awaits its answer. Each primary of a cluster has leases of its own, for its own slots.
 *
 * <p>Futures are completed on a connection's thread, or by its command time-out, and never
 * exceptionally: where Redis cannot be asked there is no lease, and nothing was filled.
 */
public final class Leases {
  /** What a lease is turned into when there is no row; shorter than any token. */
  static final byte[] ABSENT = "absent".getBytes(US_ASCII);

  private static final Logger log = LoggerFactory.getLogger(Leases.class);
  private static final long POLL_MILLIS = 50;
  private static final long UNANSWERED = -1;

  /**
   * A lease that was taken.
   *
   * @param key the key it is for
   * @param token what tells it from every other lease
   * @param ttl how long it outlives a holder that is gone
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier between the calls of this class
  public record Lease(byte[] key, byte[] token, Duration ttl) {}

  /**
   * What came of trying to take a lease.
   *
   * @param lease what was taken, or null
   * @param answered whether Redis has said anything; if it has and there is no lease, {@link #look}
   *     tells why
   * @param gated whether it takes nothing from the database now, and has nothing newer; that does
   *     not count as answered
   */
  public record Attempt(@Nullable Lease lease, boolean answered, boolean gated) {
    /** None is kept from the key. */
    public Attempt(@Nullable Lease lease, boolean answered) {
      this(lease, answered, false);
    }
  }

  private final StatefulRedisConnection<byte[], byte[]> connection;
  private final RedisAsyncCommands<byte[], byte[]> redis;
  private final @Nullable LeaseWatch watch;
  private final CapturedKeys captured;
  private final SideNames names;
  private final Runnable doubt;
  private final LeaseCalls acquires;
  private final LeaseCalls acquiresOfCaptured;
  private final LeaseCalls acquiresOfShut;
  private final LeaseCalls fills;
  private final byte[] process = new byte[16];
  private final AtomicLong taken = new AtomicLong();
  private volatile @Nullable String nodeId;

  Leases(StatefulRedisConnection<byte[], byte[]> connection) {
    this(connection, null, CapturedKeys.NONE);
  }

  /**
   * Creates the leases of one sidecar.
   *
   * @param connection takes and gives back
   * @param watch looks and is told of changes, or null: then whoever waits asks again and again
   */
  public Leases(StatefulRedisConnection<byte[], byte[]> connection, @Nullable LeaseWatch watch) {
    this(connection, watch, CapturedKeys.NONE);
  }

  /**
   * As the other constructor.
   *
   * @param captured of which there is no lease while nobody reads the changes of their rows
   */
  Leases(
      StatefulRedisConnection<byte[], byte[]> connection,
      @Nullable LeaseWatch watch,
      CapturedKeys captured) {
    this(connection, watch, captured, SideNames.PLAIN, () -> {});
  }

  /**
   * As the other constructor.
   *
   * @param names how leases are named
   * @param doubt run when the node says that another is to be asked
   */
  Leases(
      StatefulRedisConnection<byte[], byte[]> connection,
      @Nullable LeaseWatch watch,
      CapturedKeys captured,
      SideNames names,
      Runnable doubt) {
    this.connection = connection;
    this.redis = connection.async();
    this.watch = watch;
    this.captured = captured;
    this.names = names;
    this.doubt = doubt;
    LeaseCalls.Place place = new LeaseCalls.Place(connection, names, this::note);
    this.acquires = new LeaseCalls(place, LeaseScripts.acquire(false), false, true, null);
    this.acquiresOfCaptured =
        new LeaseCalls(place, LeaseScripts.acquire(true), false, true, captured.gate());
    this.acquiresOfShut = new LeaseCalls(place, LeaseScripts.acquireShut(), false, true, null);
    this.fills =
        new LeaseCalls(place, LeaseScripts.FILL, true, false, null); // or its lease would stay
    new SecureRandom().nextBytes(process);
  }

  /** The connection has reached the node called {@code runId}. */
  public void reached(@Nullable String runId) {
    nodeId = runId;
  }

  /** Returns whether it is certain that leases are taken at the node called {@code runId}. */
  public boolean areOf(@Nullable String runId) {
    return runId != null && runId.equals(nodeId);
  }

  /**
   * Takes the lease of {@code key} for {@code ttl}, to be called <em>before</em> the database is
   * read. Null when another holds it, the row is known to be absent, or Redis cannot be asked.
   */
  public CompletableFuture<@Nullable Lease> acquire(byte[] key, Duration ttl) {
    Lease lease = new Lease(key, newToken(), ttl);
    boolean gated = captured.contains(key);
    GateWatch watched = gated ? captured.watch() : null;
    if (watched != null) {
      return watched.isOpen()
          ? acquireWhileOpen(lease, watched.openAtNs())
          : CompletableFuture.completedFuture(null);
    }
    return acquireAny(lease, gated)
        .handle((taken, failure) -> {
          note("acquire", failure);
          return failure == null && taken ? lease : null;
        })
        .toCompletableFuture();
  }

  private CompletableFuture<@Nullable Lease> acquireWhileOpen(Lease lease, long openAtNs) {
    return acquireAny(lease, false)
        .handle((taken, failure) -> {
          note("acquire", failure);
          boolean ours = failure == null && taken;
          if (ours && !GateWatch.isUsable(openAtNs)) {
            var _ = release(lease);
            return null;
          }
          return ours ? lease : null;
        })
        .toCompletableFuture();
  }

  private CompletionStage<Boolean> acquireAny(Lease lease, boolean gated) {
    List<byte[]> keys = new ArrayList<>();
    keys.add(names.lease(lease.key()));
    keys.add(names.pending(lease.key()));
    if (gated) {
      keys.add(captured.gate());
    }
    Script script = LeaseScripts.acquireAny(gated);
    return script
        .<Long>run(connection, ScriptOutputType.INTEGER, keys, lease.token(), millis(lease.ttl()))
        .thenApply(said -> said == 1);
  }

  /** As {@link #acquire}, but takes nothing where the key exists by now. */
  public CompletableFuture<Attempt> acquireMissing(byte[] key, Duration ttl) {
    CompletableFuture<Attempt> attempt = acquireMissingAtFlush(key, ttl);
    flush();
    return attempt;
  }

  /** As {@link #acquireMissing}, asked at the next {@link #flush} at the latest. */
  public CompletableFuture<Attempt> acquireMissingAtFlush(byte[] key, Duration ttl) {
    Lease lease = new Lease(key, newToken(), ttl);
    CompletableFuture<Attempt> attempt = new CompletableFuture<>();
    boolean gated = captured.contains(key);
    GateWatch watched = gated ? captured.watch() : null;
    long openAtNs = watched == null ? 0 : watched.openAtNs();
    LeaseCalls calls = gated ? acquiresOfGated(watched) : acquires;
    calls.gather(
        lease,
        wholeMillis(ttl),
        null,
        did -> {
          boolean late = watched != null && !GateWatch.isUsable(openAtNs);
          if (did == LeaseScripts.DONE && late) {
            var _ = release(lease);
          }
          boolean shut = did == LeaseScripts.GATED || (did == LeaseScripts.DONE && late);
          attempt.complete(
              new Attempt(
                  did == LeaseScripts.DONE && !late ? lease : null,
                  did != UNANSWERED && !shut,
                  shut));
        });
    if (!connection.isOpen()) {
      calls.flush(); // nobody flushes these any more: to be told that nothing was taken
    }
    return attempt;
  }

  private LeaseCalls acquiresOfGated(@Nullable GateWatch watched) {
    if (watched == null) {
      return acquiresOfCaptured;
    }
    return watched.isOpen() ? acquires : acquiresOfShut;
  }

  /**
   * Asks for what {@link #acquireMissingAtFlush} has gathered; to be called behind the closing of
   * the connection, too.
   */
  public void flush() {
    acquires.flush();
    acquiresOfCaptured.flush();
    acquiresOfShut.flush();
  }

  /** Looks at {@code key} and its lease; what is held is then watched. */
  public CompletableFuture<Look> look(byte[] key) {
    LeaseWatch watching = watch;
    if (watching != null && watching.isOpen()) {
      return watching.look(key);
    }
    return LookCommands.send(
        connection,
        key,
        names.lease(key),
        seen -> seen == null ? new Look.Unknown() : unwatched(seen));
  }

  /**
   * What is being read of {@code key} may be older than a write by now: no reader may be given it
   * who comes from now on.
   */
  public void outdated(byte[] key) {
    LeaseWatch watching = watch;
    if (watching != null) {
      watching.outdated(key);
    }
  }

  private static Look unwatched(Seen seen) {
    if (seen.value() != null) {
      return new Look.Value(seen.value());
    }
    if (seen.lease() == null || seen.leaseMillis() == -2) {
      return new Look.Free();
    }
    if (seen.isMarked()) {
      return Look.Absent.UNWATCHED;
    }
    return new Look.Held(seen.lease(), POLL_MILLIS, new CompletableFuture<>());
  }

  /**
   * Puts {@code value} into Redis for {@code ttl} (at least 1 ms), if the lease still stands and
   * the key does not exist, and gives the lease back. True when it did; false also where that is
   * not known.
   */
  public CompletableFuture<Boolean> fill(Lease lease, byte[] value, Duration ttl) {
    CompletableFuture<Boolean> filled = new CompletableFuture<>();
    fills.gather(lease, wholeMillis(ttl), value, did -> filled.complete(did == LeaseScripts.DONE));
    fills.flushUnlessCrowded();
    return filled;
  }

  /** Many fills follow at once, until what this returns is run: they go together. */
  public Runnable beginFills() {
    fills.beginCrowd();
    return fills::endCrowd;
  }

  /**
   * Turns the lease into the marker that there is no such row, for {@code ttl}, if it still stands;
   * zero only gives it back. True when there is a marker now.
   */
  public CompletableFuture<Boolean> mark(Lease lease, Duration ttl) {
    if (ttl.isZero()) {
      return release(lease).thenApply(nothing -> false);
    }
    return did("mark", LeaseScripts.MARK, lease, ABSENT, millis(ttl));
  }

  /**
   * As {@link #fill}, where the key exists: puts {@code value} there only if it is still {@code
   * old}.
   */
  public CompletableFuture<Boolean> replace(Lease lease, byte[] old, byte[] value, Duration ttl) {
    return did("replace", LeaseScripts.REPLACE, lease, value, millis(ttl), old);
  }

  /**
   * As {@link #mark}, where the key exists: deletes it first, and does neither unless it is still
   * {@code old}. True when it did.
   */
  public CompletableFuture<Boolean> remove(Lease lease, byte[] old, Duration ttl) {
    byte[] millis = ttl.isZero() ? number(0) : millis(ttl);
    return did("remove", LeaseScripts.REMOVE, lease, ABSENT, millis, old);
  }

  /** Begins the lease's time anew; false when it is not ours any more, or that is not known. */
  public CompletableFuture<Boolean> renew(Lease lease) {
    return did("renew", LeaseScripts.RENEW, lease, millis(lease.ttl()));
  }

  /**
   * Returns whether something of {@code key} is pending in an {@link Outbox}, of whomever; false
   * also where Redis does not say.
   */
  public CompletableFuture<Boolean> isPending(byte[] key) {
    return redis
        .exists(names.pending(key))
        .handle((count, failure) -> {
          note("a look", failure);
          return failure == null && count == 1;
        })
        .toCompletableFuture();
  }

  /** Gives the lease back, if it is still ours. */
  public CompletableFuture<Void> release(Lease lease) {
    return did("release", LeaseScripts.RELEASE, lease).thenAccept(did -> {});
  }

  private CompletableFuture<Boolean> did(
      String what, Script script, Lease lease, byte[]... arguments) {
    return run(what, script, lease, arguments).thenApply(did -> did == 1);
  }

  private CompletableFuture<Long> run(
      String what, Script script, Lease lease, byte[]... arguments) {
    List<byte[]> keys = List.of(lease.key(), names.lease(lease.key()));
    byte[][] args = new byte[arguments.length + 1][];
    args[0] = lease.token();
    System.arraycopy(arguments, 0, args, 1, arguments.length);
    return script
        .<Long>run(connection, ScriptOutputType.INTEGER, keys, args)
        .handle((did, failure) -> {
          note(what, failure);
          return failure == null ? did : UNANSWERED;
        });
  }

  private byte[] newToken() {
    return ByteBuffer.allocate(process.length + Long.BYTES)
        .put(process)
        .putLong(taken.incrementAndGet())
        .array();
  }

  private static byte[] millis(Duration ttl) {
    return number(wholeMillis(ttl));
  }

  private static long wholeMillis(Duration ttl) {
    return Math.max(1, ttl.toMillis());
  }

  private static byte[] number(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }

  private void note(String what, @Nullable Throwable failure) {
    if (failure != null && UnsentException.ofRedirect(failure) != null) {
      doubt.run();
    } else if (failure != null && log.isDebugEnabled()) {
      log.debug("{} of a lease failed: {}", what, unwrap(failure).getClass().getName());
    }
  }

  static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}

package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.security.TlsRefusal;
import dev.nearside.proxy.telemetry.Breach;
import dev.nearside.proxy.telemetry.GenerationEnd;
import dev.nearside.proxy.telemetry.InvalidationCause;
import dev.nearside.proxy.telemetry.Metric;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection whose reads the upstream remembers and whose pushes say when they are out of date:
 * one per shard, in default tracking mode, carrying admitted reads, reads in passing, barriers and
 * heartbeats only.
 *
 * <p>It makes one {@link TrackedLink} after the other by itself: after Lettuce's own reconnect
 * tracking would silently be off. A generation opens only when the server has said OK to CLIENT
 * TRACKING ON, and closes with its link.
 */
public final class TrackedConnection implements AutoCloseable {
  /** Told once, on the connection's thread, what a read found. */
  public interface ReadListener {
    /**
     * The key was read.
     *
     * @param value the value, or null when the key does not exist
     * @param ttlMillis what PTTL said after it: −2 no such key, −1 no expiry, or that it was not
     *     asked
     */
    void read(byte @Nullable [] value, long ttlMillis);

    /** The read was not answered. */
    void failed();

    /** The upstream is there and answered with an error. */
    default void refused() {
      failed();
    }
  }

  /** The labels of the checks that are made on each connection. */
  public static final List<String> CHECKS =
      List.of(
          RoleCheck.LABEL,
          TrackingCheck.LABEL,
          PermissionCheck.LABEL,
          SwapCheck.LABEL,
          ServerClockCheck.LABEL,
          ClusterNode.CHECK);

  private static final List<String> REFUSALS = List.of("WRONGPASS", "NOAUTH", "NOPERM");
  private static final Logger log = LoggerFactory.getLogger(TrackedConnection.class);

  private final Connector connector;
  private final Shard shard;
  private final TrackedSettings settings;
  private final TrackedContext context;
  private final PacedTries tries;
  private final OwnPermission permission;
  private final PassingReads passing;
  private final Breaches breaches;
  private final LongAdder refusedKeys;

  /**
   * Held while a link becomes the one in use or ceases to be: a late loss must not close the next.
   */
  private final ReentrantLock changing = new ReentrantLock();

  private volatile @Nullable TrackedLink link;
  private volatile @Nullable TrackedLink opening;
  private volatile String state = "connecting";
  private volatile @Nullable String nodeId;
  private volatile @Nullable ClockWatch clocksWhileClosed;
  private volatile boolean closed;
  private volatile long openedAtNs;

  /**
   * Creates a connection that is not yet being made.
   *
   * @param connector makes connections of RESP3 to the database of {@code shard}, with automatic
   *     reconnect off
   * @param context shared with the connections of other databases; stays the caller's
   */
  TrackedConnection(
      Connector connector, Shard shard, TrackedSettings settings, TrackedContext context) {
    this.connector = connector;
    this.shard = shard;
    this.settings = settings;
    this.context = context;
    this.tries = new PacedTries(context.scheduler(), context.pace());
    this.permission = new OwnPermission(settings.permissionTtl());
    this.passing = new PassingReads(settings, permission, System.nanoTime());
    this.breaches = new Breaches(context.metrics(), this::name);
    this.refusedKeys = context.metrics().counter(Metric.TRACKED_KEYS_REFUSED);
  }

  /** Starts connecting, and goes on for ever. */
  public void start() {
    tries.soon(this::connect);
  }

  /** Returns the number of the database that it reads. */
  int database() {
    return shard.database();
  }

  /** Returns whether it leads to {@code other} of a cluster, or, for null, to the one server. */
  boolean leadsTo(@Nullable Address other) {
    ClusterNode node = settings.node();
    return node == null ? other == null : node.address().equals(other);
  }

  /** Returns where it leads to now, in words. */
  public String name() {
    return "database " + shard.database() + " of " + connector.place();
  }

  /** Returns in words how the connection is, for readiness and logs. */
  public String state() {
    return state;
  }

  /** Returns whether it is there and tracking is confirmed. */
  public boolean isOpen() {
    return link != null;
  }

  /** Returns the {@code run_id} of the connected node, or null while none is known. */
  public @Nullable String nodeId() {
    return nodeId;
  }

  /** Returns what the sidecar's own user may, as far as this connection knows; always the same. */
  public OwnPermission permission() {
    return permission;
  }

  /** Returns how many keys the upstream remembers for this connection, about. */
  public long trackedKeys() {
    TrackedLink current = link;
    return current == null ? 0 : current.keys().estimate();
  }

  /** Returns the labels of the checks that the upstream does not answer on this connection. */
  public List<String> checksOff() {
    TrackedLink current = link;
    return current == null ? List.of() : current.checks().off();
  }

  /**
   * Returns whether the upstream may be made to remember one more key; if not, the read is to be
   * relayed, and was counted. From any thread.
   */
  public boolean admits(int keyHash) {
    TrackedLink current = link;
    boolean admits = current == null || !settings.tracking() || current.keys().admits(keyHash);
    if (!admits) {
      refusedKeys.increment();
    }
    return admits;
  }

  /**
   * Sends GET and PTTL of {@code name} in one write, at the next {@link #flush}. From any thread.
   *
   * @param listener told on the connection's thread, or on the caller's when there is no connection
   */
  public void read(byte[] name, ReadListener listener) {
    TrackedLink current = link;
    if (current == null) {
      listener.failed();
      return;
    }
    current.read(name, listener);
  }

  /**
   * Returns whether a read whose key the upstream is not to remember is better made here than
   * relayed. From any thread.
   */
  public boolean passes(long nowNs) {
    TrackedLink current = link;
    return current != null && passing.pay(nowNs, current.roundTripNs());
  }

  /**
   * As {@link #read}, but the upstream is not made to remember the key, and is not asked for its
   * TTL.
   */
  public void pass(byte[] name, ReadListener listener) {
    TrackedLink current = link;
    if (current == null) {
      listener.failed();
      return;
    }
    current.pass(name, listener, this::suspendPassing);
  }

  /**
   * No read is made in passing for a minute: the upstream has refused one, or left it unanswered as
   * it does with writes that are paused, or they are large.
   */
  public void suspendPassing() {
    passing.suspend(System.nanoTime());
  }

  /** Sends what {@link #read} and {@link #pass} have gathered. */
  public void flush() {
    TrackedLink current = link;
    if (current != null) {
      current.flush();
    }
  }

  /**
   * Gives the present connection up, because a relay connection has reached another node, and makes
   * another; its generation closes at once.
   */
  public void reconnect(String why) {
    TrackedLink current = openLink();
    if (current != null) {
      current.lost(GenerationEnd.NODE, why);
    }
  }

  /** Returns the link in use, once one that is becoming so is. */
  private @Nullable TrackedLink openLink() {
    changing.lock();
    try {
      return link;
    } finally {
      changing.unlock();
    }
  }

  @Override
  public void close() {
    closed = true; // before: a link that opens from now on sees it
    lose(openLink());
    lose(opening);
  }

  private static void lose(@Nullable TrackedLink one) {
    if (one != null) {
      one.lost(GenerationEnd.DISCONNECTED, "stopping");
    }
  }

  private void connect() {
    if (closed) {
      return;
    }
    watchClocks();
    connector
        .connect()
        .whenComplete((connection, failure) -> {
          if (connection == null) {
            failed("cannot connect: " + TlsRefusal.words(failure));
          } else if (closed) {
            connection.closeAsync();
          } else {
            begin(link(connection));
          }
        });
  }

  private void begin(TrackedLink next) {
    opening = next;
    if (closed) {
      lose(next);
    } else {
      new TrackedOpening(next, settings.tracking(), settings.node(), this::open).begin();
    }
  }

  /** What is left of the last generation was said in a time that has since stood still, or not. */
  private void watchClocks() {
    ClockWatch clocks = clocksWhileClosed;
    if (clocks != null && clocks.movedApartMs() != 0) {
      shard.forgetRemains();
      breaches.count(Breach.CLOCK);
    }
  }

  private TrackedLink link(StatefulRedisConnection<byte[], byte[]> connection) {
    List<LinkCheck> checks = new ArrayList<>();
    checks.add(new RoleCheck(settings.primaryOnly()));
    checks.add(new PermissionCheck(permission, settings.permissionTtl()));
    if (settings.tracking()) {
      checks.add(new TrackingCheck());
      checks.add(new SwapCheck(shard::changedUnpushed, breaches::count, shard::ownFlushes));
      checks.add(
          new ServerClockCheck(
              shard::changedUnpushed, breaches::count, context.clocks().monotonicNs()));
    }
    return new TrackedLink(connection, shard, this::lost, checks, settings, context);
  }

  private void open(TrackedLink next, long sentAtNs, String info) {
    String reached = NodeId.of(info);
    nodeId = reached;
    breaches.reached(reached);
    if (!isOpened(next, sentAtNs, reached)) {
      next.lost(GenerationEnd.NODE, "relay connections are on another node than " + reached);
      return;
    }
    tries.succeeded();
    log.info("tracked connection open: {}", name());
  }

  /**
   * Takes {@code next} into use if no relay connection is on another node. One that reaches another
   * meanwhile sees {@code nodeId}, which is set, and finds the link once this is done.
   */
  private boolean isOpened(TrackedLink next, long sentAtNs, @Nullable String reached) {
    changing.lock();
    try {
      if (closed || next.isLost() || !context.relayNodes().agree(reached)) {
        return false;
      }
      next.opened();
      link = next;
      state = openState(next.checks().off());
      openedAtNs = System.nanoTime();
      clocksWhileClosed = null;
      shard.open(sentAtNs, next::pingForBarrier);
      return true;
    } finally {
      changing.unlock();
    }
  }

  private static String openState(List<String> off) {
    return off.isEmpty() ? "open" : "open; the upstream does not answer for " + off;
  }

  private void lost(TrackedLink lost, GenerationEnd end, String why) {
    boolean wasOpen = false;
    changing.lock();
    try {
      if (link == lost) {
        wasOpen = true;
        link = null;
        nodeId = null;
        shard.close(
            end == GenerationEnd.PERMISSION
                ? InvalidationCause.PERMISSION
                : InvalidationCause.GENERATION);
        clocksWhileClosed = new ClockWatch(context.clocks(), settings.maxStaleness());
      }
      if (end == GenerationEnd.CLOCK) {
        shard.forgetRemains();
      }
    } finally {
      changing.unlock();
    }
    lost.close();
    if (wasOpen) {
      breaches.ended(end);
    }
    if (wasOpen && System.nanoTime() - openedAtNs > ConnectPace.LONGEST.toNanos()) {
      tell(why);
      connectLater();
    } else {
      failed(why);
    }
  }

  /** A try, or a generation so short that it is as good as one, has failed. */
  private void failed(String why) {
    ClusterNode node = settings.node();
    if (node != null) {
      node.doubt();
    }
    if (REFUSALS.stream().anyMatch(why::contains)) {
      shard.forgetRemains(); // the upstream can be asked, and has said no
    }
    tries.failed();
    tell(why);
    connectLater();
  }

  private void tell(String why) {
    if (!closed && !why.equals(state)) {
      log.warn("tracked connection to {}: {}", name(), why);
    }
    state = why;
  }

  private void connectLater() {
    if (!closed) {
      tries.later(this::connect);
    }
  }
}

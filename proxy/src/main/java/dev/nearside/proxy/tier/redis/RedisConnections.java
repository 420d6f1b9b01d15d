package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.security.Credentials;
import dev.nearside.proxy.security.SecurityFiles;
import dev.nearside.proxy.security.TlsRefusal;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.LookupKey;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every Lettuce connection of the sidecar. Closed by its maker. */
public final class RedisConnections implements AutoCloseable {
  /**
   * What they are made of.
   *
   * @param l1 whose shards are kept true
   * @param sockets how they are driven
   * @param metrics where ends of generations are counted
   * @param commandTable told what COMMAND says, on an event loop
   */
  public record Needs(
      NearsideConfig.Upstream upstream,
      NearsideConfig.Coherence coherence,
      SecurityFiles security,
      Coherence l1,
      Sockets sockets,
      Metrics metrics,
      Consumer<List<Object>> commandTable) {}

  private static final Logger log = LoggerFactory.getLogger(RedisConnections.class);

  private final Duration patience;
  private final int database;
  private final AsyncClients clients;
  private final ScheduledExecutorService scheduler;
  private final ConnectPace pace = new ConnectPace();
  private final TrackedConnections tracked = new TrackedConnections();
  private final Whereabouts where;
  private final RedisAdministration administration;
  private final RowServers rowServers;
  private final RowErrands rows;
  private final FleetConnection fleet;
  private final RelayNodes relayNodes = new RelayNodes();
  private final Map<Address, RelayNodes> ofCluster = new ConcurrentHashMap<>();
  private final LongAdder moves;
  private volatile Runnable moved = () -> {};

  private RedisConnections(Needs needs, @Nullable ClusterMap map) {
    NearsideConfig.Upstream upstream = needs.upstream();
    patience = upstream.connectTimeout().multipliedBy(2);
    database = upstream.database();
    moves = needs.metrics().counter(Metric.UPSTREAM_MOVES);
    clients = new AsyncClients(upstream, needs.security(), needs.sockets());
    scheduler =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("nearside-tracking").factory());
    where = whereabouts(needs, map);
    LeaseWatch leaseWatch = leaseWatch(needs, where::address, SideNames.PLAIN, pace);
    administration =
        new RedisAdministration(
            clients.administration(where::address, database, "nearside-administration"),
            scheduler,
            pace,
            leaseWatch,
            needs.commandTable());
    rowServers =
        map == null
            ? new OneRowServer(new RowServers.Server(administration, leaseWatch))
            : new ClusterRowServers(
                map, (at, all) -> rowServer(needs, at, all), scheduler, upstream.redirectFor());
    rows = new RowErrands(rowServers, database);
    fleet =
        new FleetConnection(
            clients.tracking(where::address, database, "nearside-fleet"),
            scheduler,
            pace,
            upstream.connectTimeout());
  }

  private LeaseWatch leaseWatch(
      Needs needs, Supplier<@Nullable Address> address, SideNames names, ConnectPace paced) {
    NearsideConfig.Coherence coherence = needs.coherence();
    return new LeaseWatch(
        clients.tracking(address, database, "nearside-leases"),
        names,
        scheduler,
        paced,
        LeaseWatch.Settings.of(
            coherence.heartbeat(), coherence.fillTimeout(), coherence.maxStaleness()),
        name -> forget(needs.l1().shards(), database, name));
  }

  /**
   * Returns how a primary of a cluster is reached: at a pace of its own, since others may be up.
   */
  private RowServers.Server rowServer(Needs needs, Address at, RowServers all) {
    ConnectPace paced = new ConnectPace();
    LeaseWatch watch = leaseWatch(needs, () -> at, all.names(), paced);
    return new RowServers.Server(
        new RedisAdministration(
            clients.administration(() -> at, 0, "nearside-administration"),
            scheduler,
            paced,
            watch,
            table -> {},
            all.names(),
            all::doubt),
        watch);
  }

  private Whereabouts whereabouts(Needs needs, @Nullable ClusterMap map) {
    Whereabouts.Parts parts =
        new Whereabouts.Parts(
            needs.upstream(),
            needs.coherence(),
            clients,
            tracked,
            new TrackedContext(scheduler, relayNodes, pace, Clocks.SYSTEM, needs.metrics()));
    return map == null
        ? new OneServer(parts, needs.l1().shards(), this::moved)
        : new ClusterServers(parts, map, needs.l1().cluster(), this::relayNodes);
  }

  /** Creates the connections to one server; none is made before {@link #start}. */
  public static RedisConnections of(Needs needs) {
    return new RedisConnections(needs, null);
  }

  /**
   * Creates the connections to a cluster; none is made before {@link #start}.
   *
   * @param map is kept up to date
   */
  public static RedisConnections ofCluster(Needs needs, ClusterMap map) {
    return new RedisConnections(needs, map);
  }

  /** Asks where the upstream is, if that has to be asked, and waits a while for the answer. */
  public void find() {
    where.find();
  }

  /** Returns where the upstream is, or null while nobody has said so. */
  public @Nullable Address address() {
    return where.address();
  }

  /** Returns whether only a primary is the upstream. */
  public boolean primaryOnly() {
    return where.primaryOnly();
  }

  /**
   * Has {@code moved} run each time after {@link #address} has become another one, and L1 has been
   * closed for it; on a thread that must not wait.
   */
  public void onMove(Runnable moved) {
    this.moved = moved;
  }

  private void moved(Address to) {
    log.warn("the upstream's primary is {} from now on", to);
    moves.increment();
    tracked.all().forEach(each -> each.reconnect("the primary is " + to + " now"));
    clients.closeAll();
    pace.succeeded(); // that it could not be reached was said of elsewhere
    moved.run();
  }

  /** Starts connecting. */
  public void start() {
    administration.start();
    where.track();
  }

  /** A row that L1 may have as absent may be there by now. */
  private static void forget(List<Shard> shards, int database, byte[] name) {
    for (Shard shard : shards) {
      if (shard.database() == database) {
        shard.pushed(new LookupKey().set(database, name));
      }
    }
  }

  /** Returns what is done for rows of the database; its user starts it. */
  public RowErrands rows() {
    return rows;
  }

  /** Returns the tracked connection of each shard. */
  public TrackedConnections tracked() {
    return tracked;
  }

  /**
   * Returns where relay connections say which server they have reached at {@code node} of a
   * cluster; where there is none, at the upstream.
   */
  public RelayNodes relayNodes(@Nullable Address node) {
    return node == null ? relayNodes : ofCluster.computeIfAbsent(node, at -> new RelayNodes());
  }

  /**
   * A relay connection to {@code node} of a cluster, or to the upstream, has reached the server
   * called {@code runId}: the others go there, too.
   */
  public void follow(@Nullable Address node, String runId) {
    for (TrackedConnection connection : tracked.all()) {
      String trackedOn = connection.nodeId();
      if (connection.leadsTo(node) && trackedOn != null && !runId.equals(trackedOn)) {
        connection.reconnect("a relay connection reached another node, " + runId);
      }
    }
    rowServers.follow(node, runId);
  }

  /**
   * Connects once with {@code credentials}, and waits for it.
   *
   * @throws IOException when the upstream refuses them, or cannot be reached; says so
   */
  public void tryOut(Credentials credentials) throws IOException {
    try {
      clients
          .trial(where::address, credentials, database, "nearside-trial")
          .connect()
          .toCompletableFuture()
          .get(patience.toMillis(), TimeUnit.MILLISECONDS)
          .closeAsync();
    } catch (ExecutionException e) {
      throw new IOException("Redis does not take them: " + TlsRefusal.words(e), e);
    } catch (TimeoutException e) {
      throw new IOException("Redis does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The sidecar acts as another user from now on: makes every connection anew. */
  public void reauthenticate() {
    clients.closeOtherUsers();
  }

  /** Returns the connection for the sidecar's own errands. */
  public RedisAdministration administration() {
    return administration;
  }

  /** Returns the channel between sidecars; started by who listens to it. */
  public FleetConnection fleet() {
    return fleet;
  }

  /** Has {@code task} run again and again on the thread of heartbeats; it must not wait. */
  public void every(Duration period, Runnable task) {
    scheduler.scheduleAtFixedRate(
        task, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    where.close();
    fleet.close();
    tracked.all().forEach(TrackedConnection::close);
    rowServers.close();
    administration.close();
    scheduler.shutdownNow();
    clients.close();
  }
}

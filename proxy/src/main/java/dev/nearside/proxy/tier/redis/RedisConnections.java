package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.Discovery.Sentinels;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.security.Credentials;
import dev.nearside.proxy.security.SecurityFiles;
import dev.nearside.proxy.security.TlsClient;
import dev.nearside.proxy.security.TlsRefusal;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.LookupKey;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
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

/**
 * Every Lettuce connection of the sidecar; on the clients' event loops where {@link ClientLoops}
 * suit. Closed by its maker.
 */
public final class RedisConnections implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RedisConnections.class);
  private static final int OWN_LOOPS = 2;
  private static final String TRACKED = "nearside-tracked";

  /** Sentinels have users of their own, who do not change. */
  private static final Credentials NOBODY = new Credentials("", null);

  private final Duration patience;
  private final UpstreamUris uris;
  private final int database;
  private final @Nullable SentinelWatch sentinels;
  private final @Nullable ClusterWatch cluster;
  private final Supplier<@Nullable Address> address;
  private final ClientResources resources;
  private final AsyncClient trackingClient;
  private final AsyncClient administrationClient;

  /** What it has made stays when the upstream moves, unlike what the others have. */
  private final AsyncClient sentinelClient;

  private final ScheduledExecutorService scheduler;
  private final ConnectPace pace = new ConnectPace();
  private final TrackedConnections tracked = new TrackedConnections();
  private final @Nullable ClusterTracking clusterTracking;
  private final LeaseWatch leaseWatch;
  private final RedisAdministration administration;
  private final FleetConnection fleet;
  private final RelayNodes relayNodes = new RelayNodes();
  private final Map<Address, RelayNodes> ofCluster = new ConcurrentHashMap<>();
  private final LongAdder moves;
  private volatile Runnable moved = () -> {};

  private RedisConnections(
      NearsideConfig.Upstream upstream,
      NearsideConfig.Coherence coherence,
      SecurityFiles security,
      Coherence l1,
      Sockets sockets,
      Metrics metrics,
      Consumer<List<Object>> commandTable,
      @Nullable ClusterMap map) {
    resources = resources(sockets);
    patience = upstream.connectTimeout().multipliedBy(2);
    uris = new UpstreamUris(upstream, security.upstream());
    database = upstream.database();
    scheduler =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("nearside-tracking").factory());
    ClientOptions neverTimedOut =
        options(upstream, security)
            .autoReconnect(false)
            .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
            .build();
    trackingClient = AsyncClient.of(resources, security.credentials());
    trackingClient.setOptions(neverTimedOut);
    sentinelClient = AsyncClient.of(resources, () -> NOBODY);
    sentinelClient.setOptions(neverTimedOut);
    administrationClient = AsyncClient.of(resources, security.credentials());
    administrationClient.setOptions(
        options(upstream, security)
            .autoReconnect(false)
            .timeoutOptions(TimeoutOptions.enabled(upstream.connectTimeout()))
            .build());
    moves = metrics.counter(Metric.UPSTREAM_MOVES);
    sentinels =
        upstream.discovery() instanceof Sentinels named
            ? new SentinelWatch(
                sentinelClient, uris, named, scheduler, upstream.connectTimeout(), this::moved)
            : null;
    Supplier<Credentials> own = security.credentials();
    if (map == null) {
      cluster = null;
      address = sentinels == null ? () -> named(upstream) : sentinels::primary;
    } else {
      cluster =
          new ClusterWatch(
              map,
              upstream.discovery().named(),
              to -> Connector.to(administrationClient, uris.uri(to, own, 0, "nearside-cluster")),
              scheduler);
      address = () -> map.snapshot().home();
    }
    TrackedContext context =
        new TrackedContext(scheduler, relayNodes, pace, Clocks.SYSTEM, metrics);
    List<Shard> shards = l1.shards();
    for (Shard shard : shards) {
      tracked.add(
          shard,
          new TrackedConnection(
              connector(trackingClient, own, shard.database(), TRACKED),
              shard,
              settings(coherence, shards.size(), sentinels != null, null),
              context));
    }
    clusterTracking =
        map == null || cluster == null || l1.cluster() == null
            ? null
            : new ClusterTracking(
                map,
                l1.cluster(),
                tracked,
                (at, shard, primaries) ->
                    new TrackedConnection(
                        Connector.to(trackingClient, () -> uris.uri(at, own, 0, TRACKED)),
                        shard,
                        settings(coherence, primaries, true, new ClusterNode(map, cluster, at)),
                        context.of(relayNodes(at))),
                moves);
    leaseWatch =
        new LeaseWatch(
            connector(trackingClient, own, database, "nearside-leases"),
            scheduler,
            pace,
            LeaseWatch.Settings.of(
                coherence.heartbeat(), coherence.fillTimeout(), coherence.maxStaleness()),
            name -> forget(l1.shards(), database, name));
    administration =
        new RedisAdministration(
            connector(administrationClient, own, database, "nearside-administration"),
            scheduler,
            pace,
            leaseWatch,
            commandTable);
    fleet =
        new FleetConnection(
            connector(trackingClient, own, database, "nearside-fleet"),
            scheduler,
            pace,
            upstream.connectTimeout());
  }

  private static Address named(NearsideConfig.Upstream upstream) {
    return upstream.discovery().named().getFirst();
  }

  private Connector connector(
      AsyncClient client, Supplier<Credentials> own, int database, String name) {
    return Connector.to(
        client,
        () -> {
          Address now = address.get();
          return now == null ? null : uris.uri(now, own, database, name);
        });
  }

  /**
   * Creates the connections; none is made before {@link #start}.
   *
   * @param l1 whose shards are kept true
   * @param sockets how they are driven
   * @param metrics where ends of generations are counted
   * @param commandTable told what COMMAND says, on an event loop
   * @param map is kept up to date where the upstream is a cluster; else null
   */
  public static RedisConnections of(
      NearsideConfig.Upstream upstream,
      NearsideConfig.Coherence coherence,
      SecurityFiles security,
      Coherence l1,
      Sockets sockets,
      Metrics metrics,
      Consumer<List<Object>> commandTable,
      @Nullable ClusterMap map) {
    return new RedisConnections(
        upstream, coherence, security, l1, sockets, metrics, commandTable, map);
  }

  /** Asks where the upstream is, if that has to be asked, and waits a while for the answer. */
  public void find() {
    if (sentinels != null) {
      sentinels.start();
    }
    if (cluster != null) {
      cluster.start(patience);
    }
  }

  /** Returns where the upstream is, or null while nobody has said so. */
  public @Nullable Address address() {
    return address.get();
  }

  /** Returns whether only a primary is the upstream. */
  public boolean primaryOnly() {
    return sentinels != null;
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
    trackingClient.closeAll();
    administrationClient.closeAll();
    pace.succeeded(); // that it could not be reached was said of elsewhere
    moved.run();
  }

  /** Starts connecting. */
  public void start() {
    administration.start();
    tracked.all().forEach(TrackedConnection::start);
    if (clusterTracking != null) {
      clusterTracking.start();
    }
  }

  /** A row that L1 may have as absent may be there by now. */
  private static void forget(List<Shard> shards, int database, byte[] name) {
    for (Shard shard : shards) {
      if (shard.database() == database) {
        shard.pushed(new LookupKey().set(database, name));
      }
    }
  }

  /** Returns the connection on which readers wait for leases; its user starts it. */
  public LeaseWatch leaseWatch() {
    return leaseWatch;
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
    if (node == null && administration.follow(runId)) {
      leaseWatch.renew();
    }
  }

  /**
   * Connects once with {@code credentials}, and waits for it.
   *
   * @throws IOException when the upstream refuses them, or cannot be reached; says so
   */
  public void tryOut(Credentials credentials) throws IOException {
    try {
      connector(administrationClient, () -> credentials, database, "nearside-trial")
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
    trackingClient.closeOtherUsers();
    administrationClient.closeOtherUsers();
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
    if (sentinels != null) {
      sentinels.close();
    }
    if (cluster != null) {
      cluster.close();
    }
    fleet.close();
    tracked.all().forEach(TrackedConnection::close);
    leaseWatch.close();
    administration.close();
    scheduler.shutdownNow();
    trackingClient.shutdownAsync(0, 2, TimeUnit.SECONDS).join();
    administrationClient.shutdownAsync(0, 2, TimeUnit.SECONDS).join();
    sentinelClient.shutdownAsync(0, 2, TimeUnit.SECONDS).join();
    resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** What a sidecar may make the upstream remember is shared out evenly among its connections. */
  private static TrackedSettings settings(
      NearsideConfig.Coherence coherence,
      int connections,
      boolean primaryOnly,
      @Nullable ClusterNode node) {
    return new TrackedSettings(
        coherence.heartbeat(),
        coherence.fillTimeout(),
        coherence.maxStaleness(),
        coherence.permissionTtl(),
        Math.max(1, coherence.maxTrackedKeys() / connections),
        primaryOnly,
        coherence.mode() == CoherenceMode.TRACKING,
        coherence.unheldReads(),
        node);
  }

  private static ClientResources resources(Sockets sockets) {
    DefaultClientResources.Builder builder =
        DefaultClientResources.builder()
            .ioThreadPoolSize(OWN_LOOPS)
            .computationThreadPoolSize(2)
            .commandLatencyRecorder(CommandLatencyRecorder.disabled());
    if (ClientLoops.suit(sockets)) {
      builder.eventLoopGroupProvider(new ClientLoops(sockets));
    }
    return builder.build();
  }

  private static ClientOptions.Builder options(
      NearsideConfig.Upstream upstream, SecurityFiles security) {
    ClientOptions.Builder options = ClientOptions.builder();
    TlsClient tls = security.upstream();
    if (tls != null) {
      options.sslOptions(
          SslOptions.builder()
              .jdkSslProvider()
              .handshakeTimeout(upstream.connectTimeout())
              .sslContext(tls::use)
              .build());
    }
    return options
        .protocolVersion(ProtocolVersion.RESP3)
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .socketOptions(
            SocketOptions.builder()
                .connectTimeout(upstream.connectTimeout())
                .keepAlive(true)
                .tcpNoDelay(true)
                .build());
  }
}

package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.LookupKey;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Every Lettuce connection of the sidecar; on the clients' event loops where {@link ClientLoops}
 * suit. Closed by its maker.
 */
public final class RedisConnections implements AutoCloseable {
  private static final int OWN_LOOPS = 2;

  private final ClientResources resources;
  private final RedisClient trackingClient;
  private final RedisClient administrationClient;
  private final ScheduledExecutorService scheduler;
  private final Map<Integer, TrackedConnection> tracked = new LinkedHashMap<>();
  private final LeaseWatch leaseWatch;
  private final RedisAdministration administration;
  private final FleetConnection fleet;
  private final RelayNodes relayNodes = new RelayNodes();

  private RedisConnections(
      NearsideConfig.Upstream upstream,
      NearsideConfig.Coherence coherence,
      List<Shard> shards,
      Sockets sockets,
      Metrics metrics,
      Consumer<List<Object>> commandTable) {
    resources = resources(sockets);
    scheduler =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("nearside-tracking").factory());
    trackingClient = AsyncClient.of(resources);
    trackingClient.setOptions(
        options(upstream)
            .autoReconnect(false)
            .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
            .build());
    administrationClient = AsyncClient.of(resources);
    administrationClient.setOptions(
        options(upstream)
            .autoReconnect(false)
            .timeoutOptions(TimeoutOptions.enabled(upstream.connectTimeout()))
            .build());
    ConnectPace pace = new ConnectPace();
    TrackedContext context =
        new TrackedContext(scheduler, relayNodes, pace, Clocks.SYSTEM, metrics);
    for (Shard shard : shards) {
      tracked.put(
          shard.database(),
          new TrackedConnection(
              trackingClient,
              uri(upstream, shard.database(), "nearside-tracked"),
              shard,
              settings(coherence, shards.size()),
              context));
    }
    leaseWatch =
        new LeaseWatch(
            trackingClient,
            uri(upstream, upstream.database(), "nearside-leases"),
            scheduler,
            pace,
            LeaseWatch.Settings.of(
                coherence.heartbeat(), coherence.fillTimeout(), coherence.maxStaleness()),
            name -> forget(shards, upstream.database(), name));
    administration =
        new RedisAdministration(
            administrationClient,
            uri(upstream, upstream.database(), "nearside-administration"),
            scheduler,
            pace,
            leaseWatch,
            commandTable);
    fleet =
        new FleetConnection(
            trackingClient,
            uri(upstream, upstream.database(), "nearside-fleet"),
            scheduler,
            pace,
            upstream.connectTimeout());
  }

  /**
   * Creates the connections; none is made before {@link #start}.
   *
   * @param sockets how they are driven
   * @param metrics where ends of generations are counted
   * @param commandTable told what COMMAND says, on an event loop
   */
  public static RedisConnections of(
      NearsideConfig.Upstream upstream,
      NearsideConfig.Coherence coherence,
      List<Shard> shards,
      Sockets sockets,
      Metrics metrics,
      Consumer<List<Object>> commandTable) {
    return new RedisConnections(upstream, coherence, shards, sockets, metrics, commandTable);
  }

  /** Starts connecting. */
  public void start() {
    administration.start();
    tracked.values().forEach(TrackedConnection::start);
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

  /** Returns the tracked connection of each database. */
  public Map<Integer, TrackedConnection> tracked() {
    return tracked;
  }

  /** Returns where relay connections say which node they have reached. */
  public RelayNodes relayNodes() {
    return relayNodes;
  }

  /** A relay connection has reached the node called {@code runId}: the others go there, too. */
  public void follow(String runId) {
    for (TrackedConnection connection : tracked.values()) {
      String trackedOn = connection.nodeId();
      if (trackedOn != null && !runId.equals(trackedOn)) {
        connection.reconnect("a relay connection reached another node, " + runId);
      }
    }
    if (administration.follow(runId)) {
      leaseWatch.renew();
    }
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
    fleet.close();
    tracked.values().forEach(TrackedConnection::close);
    leaseWatch.close();
    administration.close();
    scheduler.shutdownNow();
    trackingClient.shutdownAsync(0, 2, TimeUnit.SECONDS).join();
    administrationClient.shutdownAsync(0, 2, TimeUnit.SECONDS).join();
    resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** What a sidecar may make the upstream remember is shared out evenly among its connections. */
  private static TrackedSettings settings(NearsideConfig.Coherence coherence, int connections) {
    return new TrackedSettings(
        coherence.heartbeat(),
        coherence.fillTimeout(),
        coherence.maxStaleness(),
        coherence.permissionTtl(),
        Math.max(1, coherence.maxTrackedKeys() / connections),
        coherence.mode() == CoherenceMode.TRACKING,
        coherence.unheldReads());
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

  private static ClientOptions.Builder options(NearsideConfig.Upstream upstream) {
    return ClientOptions.builder()
        .protocolVersion(ProtocolVersion.RESP3)
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .socketOptions(
            SocketOptions.builder()
                .connectTimeout(upstream.connectTimeout())
                .keepAlive(true)
                .tcpNoDelay(true)
                .build());
  }

  private static RedisURI uri(NearsideConfig.Upstream upstream, int database, String name) {
    RedisURI.Builder builder =
        RedisURI.Builder.redis(upstream.host(), upstream.port())
            .withDatabase(database)
            .withClientName(name)
            .withTimeout(upstream.connectTimeout());
    String password = upstream.password();
    if (password != null) {
      if (upstream.user() == null) {
        builder.withPassword(password.toCharArray());
      } else {
        builder.withAuthentication(upstream.user(), password.toCharArray());
      }
    }
    return builder.build();
  }
}

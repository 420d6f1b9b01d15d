package dev.nearside.proxy;

import dev.nearside.agent.embedded.ResourceAgent;
import dev.nearside.agent.host.HeapCache;
import dev.nearside.agent.host.ProcessHooks;
import dev.nearside.proxy.admin.AdminLimits;
import dev.nearside.proxy.admin.AdminServer;
import dev.nearside.proxy.admin.AdminSources;
import dev.nearside.proxy.admin.L1Switch;
import dev.nearside.proxy.admin.Readiness;
import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.command.CommandTable;
import dev.nearside.proxy.config.Discovery.Cluster;
import dev.nearside.proxy.config.Discovery.Sentinels;
import dev.nearside.proxy.config.EffectiveConfiguration;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.config.NearsideConfig.MgetMode;
import dev.nearside.proxy.config.NearsideConfig.Trust;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.invalidation.Fleet;
import dev.nearside.proxy.invalidation.Invalidation;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.pressure.PressureActions;
import dev.nearside.proxy.pressure.PressureTargets;
import dev.nearside.proxy.relay.Flushes;
import dev.nearside.proxy.relay.Lanes;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.relay.Transport;
import dev.nearside.proxy.relay.UpstreamLink;
import dev.nearside.proxy.security.SecurityFiles;
import dev.nearside.proxy.server.GrantTable;
import dev.nearside.proxy.server.Listener;
import dev.nearside.proxy.server.LoopContext;
import dev.nearside.proxy.server.ReadQuota;
import dev.nearside.proxy.server.ServerPolicy;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Audit;
import dev.nearside.proxy.tier.DatabaseFill;
import dev.nearside.proxy.tier.HotKeys;
import dev.nearside.proxy.tier.ReadPath;
import dev.nearside.proxy.tier.database.DatabaseTier;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.tier.redis.RedisConnections;
import dev.nearside.proxy.tier.redis.Sockets;
import dev.nearside.proxy.tier.redis.TrackedConnection;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sidecar, wired by hand: the one place that knows every part. Built from the inside out, that
 * is L1 and its coherence, the database, the listener; what it connects to by itself comes last, so
 * that clients are served meanwhile. Closed the other way round.
 */
public final class Proxy implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Proxy.class);
  private static final Duration PRESSURE_CHECK = Duration.ofMillis(250);
  private static final Duration SETTLING = Duration.ofMillis(50);
  private static final Duration END_LIMIT = Duration.ofSeconds(2);
  private static final int DATABASE_WAITING = 10_000;
  private static final int REDIS_READS = 10_000;

  private final NearsideConfig config;
  private final SecurityFiles security;
  private final Metrics metrics;
  private final Coherence coherence;
  private final LocalTier local;
  private final @Nullable ClusterMap cluster;
  private final RedisConnections redis;
  private final Invalidation invalidation;
  private final @Nullable DatabaseTier database;
  private final MultiThreadIoEventLoopGroup loops;
  private final Map<EventLoop, LoopContext> contexts = new HashMap<>();
  private final Listener listener;
  private final AdminServer admin;
  private volatile boolean wereTracked;
  private final ResourceAgent agent;
  private final AtomicReference<CommandTable> commands =
      new AtomicReference<>(CommandTable.builtIn());

  private Proxy(NearsideConfig config, Started started) throws IOException {
    this.config = config;
    security = new SecurityFiles(config);
    started.add(security);
    Namespaces namespaces = Namespaces.of(config.namespaces());
    CollectorRegistry registry = new CollectorRegistry();
    metrics = new Metrics(registry, namespaces.all().stream().map(Namespace::name).toList());
    local = new LocalTier(config.l1().maxBytes(), config.l1().compressAboveBytes());
    cluster =
        config.upstream().discovery() instanceof Cluster(List<Address> seeds)
            ? new ClusterMap(seeds)
            : null;
    coherence = newCoherence();
    Transport transport = transport(config.transport());
    loops =
        new MultiThreadIoEventLoopGroup(
            config.eventLoops(), new DefaultThreadFactory("nearside-loop"), transport.ioHandler());
    started.add(() -> end(loops, SETTLING));
    redis =
        RedisConnections.of(
            config.upstream(),
            config.coherence(),
            security,
            coherence,
            new Sockets(loops, transport.tcp().client()),
            metrics,
            this::learnCommands,
            cluster);
    started.add(redis);
    database = databaseTier(namespaces);
    if (database != null) {
      started.add(database);
    }
    Guard databaseGuard =
        new Guard("database", Guard.Limits.defaults(DATABASE_WAITING), Clock.systemUTC());
    Guard redisGuard = new Guard("redis", Guard.Limits.defaults(REDIS_READS), Clock.systemUTC());
    DatabaseFill fill = databaseFill(databaseGuard);
    ReadPath reads =
        new ReadPath(
            coherence,
            local,
            redis.tracked(),
            namespaces,
            redisGuard,
            fill,
            new Audit(
                coherence,
                local,
                redis.administration()::read,
                cluster == null ? config.coherence().auditInterval() : Duration.ZERO,
                config.upstream().database(),
                metrics),
            new ReadPath.Policy(
                config.l1().maxEntryBytes(),
                longestLife(config),
                config.l1().admissionWindow(),
                config.l1().skipsChurning(),
                config.l1().refreshesEarly(),
                config.coherence().fillTimeout(),
                config.upstream().retryReadsFor(),
                config.upstream().database()),
            metrics);
    invalidation =
        new Invalidation(
            coherence,
            namespaces,
            redis.fleet(),
            redis.administration().tags(),
            config.upstream().connectTimeout(),
            metrics);
    started.add(invalidation.fleet());
    ServerPolicy policy = policy();
    addContexts(transport, policy, reads);
    redis.find();
    L1Room.of(config).forEach(log::warn);
    coherence.setMode(config.l1().mode());
    listener =
        Listener.listen(
            contexts, policy, loops, transport, config.listen(), security.server(), metrics);
    started.add(listener);
    redis.onMove(() -> contexts.forEach((loop, each) -> loop.execute(each.lanes()::move)));
    if (cluster != null) {
      cluster.onOtherPrimaries(
          () -> contexts.forEach((loop, each) -> loop.execute(each.lanes()::leaveOthers)));
    }
    security.credentials().onChange(redis::tryOut, this::reauthenticate);
    security.watch();
    redis.start(); // clients are served meanwhile, by Redis alone
    if (database != null) {
      redis.leaseWatch().start();
    }
    tellHotKeys();
    redis.every(Duration.ofSeconds(1), reads.standIns()::endStaleSpells);
    redis.fleet().start(invalidation.fleet());
    redis.every(Fleet.ANNOUNCEMENTS, invalidation.fleet()::announce);
    agent = startAgent(registry, reads);
    started.add(agent);
    new Gauges(metrics)
        .register(
            new Gauges.Sources(
                coherence,
                local,
                listener,
                redis,
                database,
                fill,
                redisGuard,
                databaseGuard,
                transport.label()));
    admin = AdminServer.start(config.http(), adminSources(registry), AdminLimits.DEFAULT);
    log.info(
        "listening on {}, http on {}, upstream {}, transport {}, {} event loop(s)",
        listener.address(),
        admin.address(),
        config.upstream(),
        transport.label(),
        config.eventLoops());
  }

  /**
   * Starts a sidecar; it serves when this returns, whether or not the upstream is there. When it
   * throws, nothing of it is left: no thread, no socket, no connection.
   *
   * @throws IOException when an address cannot be bound; the message says which and why
   * @throws IllegalArgumentException when the configuration asks for what cannot be had
   */
  public static Proxy start(NearsideConfig config) throws IOException {
    Started started = new Started();
    try {
      return new Proxy(config, started);
    } catch (IOException | RuntimeException e) {
      started.close();
      throw e;
    }
  }

  /** Returns the port clients connect to, or -1 on a Unix socket. */
  public int port() {
    return listener.address() instanceof InetSocketAddress inet ? inet.getPort() : -1;
  }

  /** Returns the port of the HTTP endpoints. */
  public int httpPort() {
    return admin.address().getPort();
  }

  /**
   * Stops accepting, lets what is in flight finish within the grace period, and ends every part.
   */
  @Override
  public void close() {
    log.info("stopping: draining for at most {} s", config.gracePeriod().toSeconds());
    listener.drain(config.gracePeriod());
    admin.close();
    security.close();
    agent.close();
    redis.close();
    invalidation.fleet().close();
    end(loops, Duration.ZERO);
    if (database != null) {
      database.close();
    }
    log.info("stopped");
  }

  /**
   * Ends {@code loops} when they have had nothing to do for {@code quiet}. A connect of Lettuce's
   * that is just being made when its loop ends leaves its socket open, and right after the start
   * there are some.
   */
  private static void end(EventLoopGroup loops, Duration quiet) {
    loops
        .shutdownGracefully(quiet.toMillis(), END_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
        .awaitUninterruptibly();
  }

  /** Returns the shards, their fences and the switch of L1; for tests. */
  Coherence coherence() {
    return coherence;
  }

  /** Returns L1; for tests. */
  LocalTier local() {
    return local;
  }

  /** Returns what the connections of each event loop share; for tests. */
  Map<EventLoop, LoopContext> contexts() {
    return contexts;
  }

  /** What acts as the old user ends; what a client has to itself, with its need of it. */
  private void reauthenticate() {
    String user = security.credentials().get().user();
    log.info("the upstream's user is {} from now on", user);
    redis.reauthenticate();
    contexts.forEach((loop, context) ->
        loop.execute(() -> {
          listener.userChanged(loop, user);
          context.lanes().renew();
        }));
  }

  private void learnCommands(List<Object> reply) {
    Thread.ofVirtual().name("nearside-commands").start(() -> useCommands(reply));
  }

  private void useCommands(List<Object> reply) {
    try {
      commands.set(CommandTable.of(reply));
    } catch (IllegalArgumentException e) {
      log.warn("COMMAND was answered strangely, the known table stays: {}", e.getMessage());
    }
  }

  private @Nullable DatabaseTier databaseTier(Namespaces namespaces) {
    NearsideConfig.Database settings = config.database();
    if (settings == null) {
      return null;
    }
    return new DatabaseTier(
        new DatabaseTier.Settings(
            settings.url(),
            settings.user(),
            settings.password(),
            settings.poolSize(),
            settings.timeout(),
            settings.maxBatch(),
            DATABASE_WAITING),
        namespaces.all(),
        metrics);
  }

  private void tellHotKeys() {
    Duration interval = config.l1().touchInterval();
    if (interval.isPositive() && cluster == null) {
      HotKeys hot =
          new HotKeys(
              local,
              redis.administration(),
              config.upstream().database(),
              metrics.counter(Metric.TOUCHED));
      redis.every(interval, hot::tell);
    }
  }

  /** Without tracking an entry must be gone before it is older than the staleness allowed. */
  private static Duration longestLife(NearsideConfig config) {
    Duration max = config.l1().maxTtl();
    Duration staleness = config.coherence().maxStaleness();
    boolean tracking = config.coherence().mode() == CoherenceMode.TRACKING;
    return tracking || max.compareTo(staleness) < 0 ? max : staleness;
  }

  private @Nullable DatabaseFill databaseFill(Guard guard) {
    NearsideConfig.Database settings = config.database();
    if (database == null || settings == null) {
      return null;
    }
    return DatabaseFill.of(
        database,
        guard,
        redis.administration(),
        coherence.fences(),
        new DatabaseFill.Limits(
            settings.timeout(),
            config.coherence().fillTimeout(),
            config.coherence().maxStaleness()),
        metrics);
  }

  private static Transport transport(NearsideConfig.Transport wanted) {
    return switch (wanted) {
      case AUTO -> Transport.best();
      case EPOLL -> Transport.epoll();
      case IO_URING -> Transport.ioUring();
      case NIO -> Transport.nio();
    };
  }

  private ServerPolicy policy() {
    return new ServerPolicy(
        config.limits().maxClients(),
        config.limits().maxBulkBytes(),
        config.limits().maxQueryBufferBytes(),
        config.limits().maxOutputBytes(),
        config.listenMode(),
        config.limits().idleTimeout(),
        (int) config.limits().tcpKeepalive().toSeconds(),
        config.upstream().database(),
        config.coherence().maxStaleness().toNanos(),
        config.coherence().permissionTtl().toNanos(),
        config.trust() == Trust.NETWORK,
        config.proxyProtocol(),
        config.l1().mget() == MgetMode.MERGE,
        config.upstream().redirectFor().toNanos(),
        config.upstream().discovery() instanceof Sentinels named ? named.primary() : null);
  }

  private Coherence newCoherence() {
    NearsideConfig.Coherence settings = config.coherence();
    boolean isOff = settings.mode() == CoherenceMode.OFF;
    return cluster == null || isOff
        ? new Coherence(
            local,
            isOff ? List.of() : config.upstream().localDatabases(),
            settings.mode(),
            settings.maxStaleness(),
            metrics)
        : Coherence.ofCluster(local, settings.mode(), settings.maxStaleness(), metrics);
  }

  private Topology topology(Transport transport) {
    UpstreamWatch watch = new UpstreamWatch(metrics, redis);
    return cluster == null
        ? Topology.of(
            new Node(upstreamLink(transport, redis::address, redis.primaryOnly()), watch.at(null)))
        : Topology.of(
            cluster, node -> new Node(upstreamLink(transport, () -> node, false), watch.at(node)));
  }

  private UpstreamLink upstreamLink(
      Transport transport, Supplier<@Nullable Address> where, boolean primaryOnly) {
    NearsideConfig.Upstream upstream = config.upstream();
    return new UpstreamLink(
        () -> {
          Address now = where.get();
          return now == null ? null : transport.toConnectTo(now);
        },
        primaryOnly,
        transport.family(upstream.discovery().named().getFirst()).client(),
        security.upstream(),
        security.credentials(),
        upstream.connectTimeout(),
        new ConnectPace());
  }

  private void addContexts(Transport transport, ServerPolicy policy, ReadPath reads) {
    Topology topology = topology(transport);
    for (EventExecutor executor : loops) {
      EventLoop loop = (EventLoop) executor;
      Flushes flushes = new Flushes(loop, reads::flush);
      Lanes lanes = new Lanes(flushes, topology);
      contexts.put(
          loop,
          new LoopContext(
              lanes,
              flushes,
              reads,
              coherence,
              invalidation,
              commands::get,
              metrics.addLoop(((SingleThreadIoEventLoop) loop)::pendingTasks),
              policy,
              new ReadQuota(),
              new GrantTable(policy.permissionTtlNs()),
              new LookupKey(),
              new Shard.Found()));
    }
  }

  private ResourceAgent startAgent(CollectorRegistry registry, ReadPath reads) {
    ResourceAgent started =
        ResourceAgent.start(
            new ProcessHooks(null, null, new HeapCache(local::bytes, local::maxBytes)), registry);
    PressureActions actions =
        new PressureActions(
            started,
            config.l1().maxBytes(),
            config.l1().maxEntryBytes(),
            new PressureTargets(local::setMaxBytes, reads::limitEntryBytes),
            System::nanoTime);
    started.listen(actions);
    loops
        .iterator()
        .next()
        .scheduleAtFixedRate(
            actions::check,
            PRESSURE_CHECK.toMillis(),
            PRESSURE_CHECK.toMillis(),
            TimeUnit.MILLISECONDS);
    return started;
  }

  private AdminSources adminSources(CollectorRegistry registry) {
    List<Readiness> ready = new ArrayList<>();
    ready.add(
        new Readiness(
            "tracked-connections",
            () -> coherence.mode() == L1Mode.OFF || isTracked(),
            () -> trackedState(redis.tracked().all())));
    ready.add(
        new Readiness(
            "fleet-invalidation",
            () -> redis.fleet().isSettled() || config.l1().mode() == L1Mode.OFF,
            redis.fleet()::state));
    return new AdminSources(
        registry,
        List.of(),
        ready,
        () -> EffectiveConfiguration.redactedYaml(config),
        new L1Switch(coherence::mode, coherence::setMode),
        invalidation);
  }

  /** All of them, at first; from then on one that is away is its own keys' matter. */
  private boolean isTracked() {
    List<Shard> shards = coherence.shards();
    boolean all = !shards.isEmpty() && shards.stream().allMatch(Shard::isOpen);
    wereTracked |= all;
    return config.coherence().mode() == CoherenceMode.OFF
        || all
        || (cluster != null && wereTracked && shards.stream().anyMatch(Shard::isOpen));
  }

  private static String trackedState(List<TrackedConnection> all) {
    return all.isEmpty()
        ? "nobody is known to have slots"
        : all.stream()
            .map(each -> all.size() == 1 ? each.state() : each.name() + ": " + each.state())
            .collect(Collectors.joining("; "));
  }
}

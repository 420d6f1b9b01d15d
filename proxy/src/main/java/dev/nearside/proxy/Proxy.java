package dev.nearside.proxy;

import dev.nearside.agent.embedded.ResourceAgent;
import dev.nearside.agent.host.HeapCache;
import dev.nearside.agent.host.ProcessHooks;
import dev.nearside.proxy.admin.AdminLimits;
import dev.nearside.proxy.admin.AdminServer;
import dev.nearside.proxy.admin.AdminSources;
import dev.nearside.proxy.admin.L1Switch;
import dev.nearside.proxy.admin.Readiness;
import dev.nearside.proxy.capture.Captured;
import dev.nearside.proxy.capture.ChangeCapture;
import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.command.CommandTable;
import dev.nearside.proxy.config.EffectiveConfiguration;
import dev.nearside.proxy.config.LoadedConfiguration;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.invalidation.Fleet;
import dev.nearside.proxy.invalidation.Invalidation;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.pressure.PressureActions;
import dev.nearside.proxy.pressure.PressureTargets;
import dev.nearside.proxy.relay.Flushes;
import dev.nearside.proxy.relay.Lanes;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.relay.Transport;
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
import dev.nearside.proxy.tier.redis.KnownOutboxes;
import dev.nearside.proxy.tier.redis.RedisConnections;
import dev.nearside.proxy.tier.redis.Sockets;
import dev.nearside.proxy.write.RowWrites;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
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
  private final Wiring wiring;
  private final RedisConnections redis;
  private final Invalidation invalidation;
  private final @Nullable DatabaseTier database;
  private final @Nullable KnownOutboxes outboxes;
  private final @Nullable WriteParts writes;
  private final @Nullable ChangeCapture capture;
  private final MultiThreadIoEventLoopGroup loops;
  private final Map<EventLoop, LoopContext> contexts = new HashMap<>();
  private final Listener listener;
  private final AdminServer admin;
  private final ResourceAgent agent;
  private final AtomicReference<CommandTable> commands =
      new AtomicReference<>(CommandTable.builtIn());

  private Proxy(LoadedConfiguration loaded, Started started) throws IOException {
    config = loaded.config();
    security = new SecurityFiles(config);
    started.add(security);
    Namespaces namespaces = Namespaces.of(config.allNamespaces());
    CollectorRegistry registry = new CollectorRegistry();
    metrics = new Metrics(registry, namespaces.all().stream().map(Namespace::name).toList());
    local = new LocalTier(config.l1().maxBytes(), config.l1().compressAboveBytes());
    wiring = Wiring.of(config);
    coherence = wiring.coherence(local, metrics);
    Transport transport = Policies.transport(config.transport());
    loops =
        new MultiThreadIoEventLoopGroup(
            config.eventLoops(), new DefaultThreadFactory("nearside-loop"), transport.ioHandler());
    started.add(() -> end(loops, SETTLING));
    redis =
        wiring.connections(
            new RedisConnections.Needs(
                config.upstream(),
                config.coherence(),
                security,
                coherence,
                new Sockets(loops, transport.tcp().client()),
                metrics,
                this::learnCommands));
    started.add(redis);
    database = databaseTier(namespaces, loaded);
    if (database != null) {
      started.add(database);
    }
    Guard databaseGuard =
        new Guard("database", Guard.Limits.defaults(DATABASE_WAITING), Clock.systemUTC());
    Guard redisGuard = new Guard("redis", Guard.Limits.defaults(REDIS_READS), Clock.systemUTC());
    outboxes = database == null ? null : knownOutboxes(namespaces);
    DatabaseFill fill = databaseFill(databaseGuard);
    writes = WriteParts.of(config, database, namespaces.all(), redis, outboxes, metrics);
    if (writes != null) {
      started.add(writes);
    }
    capture = changeCapture(namespaces, loaded);
    if (capture != null) {
      started.add(capture);
    }
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
                wiring.auditInterval(),
                config.upstream().database(),
                metrics),
            Policies.reads(config),
            metrics);
    invalidation =
        new Invalidation(
            coherence,
            namespaces,
            redis.fleet(),
            redis.rows().tags(),
            config.upstream().connectTimeout(),
            metrics);
    started.add(invalidation.fleet());
    ServerPolicy policy = Policies.server(config);
    addContexts(transport, policy, reads);
    redis.find();
    L1Room.of(config).forEach(log::warn);
    coherence.setMode(config.l1().mode());
    if (database != null) {
      database.awaitCheck();
    }
    if (capture != null) {
      capture.awaitCheck();
    }
    listener =
        Listener.listen(
            contexts, policy, loops, transport, config.listen(), security.server(), metrics);
    started.add(listener);
    redis.onMove(() -> contexts.forEach((loop, each) -> loop.execute(each.lanes()::move)));
    wiring.onOtherPrimaries(
        () -> contexts.forEach((loop, each) -> loop.execute(each.lanes()::leaveOthers)));
    security.credentials().onChange(redis::tryOut, this::reauthenticate);
    security.watch();
    redis.start(); // clients are served meanwhile, by Redis alone
    redis.rows().start(database != null);
    if (capture != null) {
      capture.start();
    }
    if (writes != null) {
      writes.start(redis);
    }
    if (outboxes != null) {
      outboxes.look();
      redis.every(KnownOutboxes.PERIOD, outboxes::look);
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
    return start(new LoadedConfiguration(config, Map.of()));
  }

  /**
   * As {@link #start(NearsideConfig)}; errors say where the configuration has what they are about.
   */
  public static Proxy start(LoadedConfiguration loaded) throws IOException {
    Started started = new Started();
    try {
      return new Proxy(loaded, started);
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
    if (writes != null) {
      writes.close();
    }
    if (capture != null) {
      capture.close();
    }
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

  private @Nullable DatabaseTier databaseTier(Namespaces namespaces, LoadedConfiguration loaded) {
    DatabaseTier.Settings settings = databaseSettings(config);
    return settings == null
        ? null
        : new DatabaseTier(
            settings,
            namespaces.all(),
            namespace -> loaded.subjectOfRows(namespace.name()),
            metrics);
  }

  /** Returns how the database of a configuration is reached, or null where it has none. */
  static DatabaseTier.@Nullable Settings databaseSettings(NearsideConfig config) {
    NearsideConfig.Database settings = config.database();
    return settings == null ? null : Policies.database(settings, DATABASE_WAITING);
  }

  private void tellHotKeys() {
    Duration interval = wiring.touchInterval();
    if (interval.isPositive()) {
      HotKeys hot =
          new HotKeys(
              local,
              redis.administration(),
              config.upstream().database(),
              metrics.counter(Metric.TOUCHED));
      redis.every(interval, hot::tell);
    }
  }

  private KnownOutboxes knownOutboxes(Namespaces namespaces) {
    KnownOutboxes known =
        redis
            .rows()
            .knownOutboxes(
                namespaces.all().stream()
                    .filter(Namespace::writesBehind)
                    .map(Namespace::name)
                    .toList());
    metrics.gauge(Metric.OUTBOXES_UNATTENDED, known::unattended);
    return known;
  }

  private @Nullable RowWrites rowWrites() {
    if (writes != null) {
      return writes.rows();
    }
    return outboxes == null ? null : RowWrites.none(redis.rows(), outboxes);
  }

  private @Nullable DatabaseFill databaseFill(Guard guard) {
    NearsideConfig.Database settings = config.database();
    KnownOutboxes known = outboxes;
    if (database == null || settings == null || known == null) {
      return null;
    }
    return DatabaseFill.of(
        database,
        guard,
        redis.rows(),
        known,
        coherence.fences(),
        Policies.fills(settings, config.coherence()),
        metrics);
  }

  private @Nullable ChangeCapture changeCapture(Namespaces namespaces, LoadedConfiguration loaded) {
    NearsideConfig.Database settings = config.database();
    DatabaseTier.Settings reached = databaseSettings(config);
    Captured captured = settings == null ? null : Captured.of(namespaces, settings.capture());
    if (captured == null || reached == null) {
      return null;
    }
    redis.rows().capture(captured.keys());
    return new ChangeCapture(
        captured, reached, loaded.subjectOfCapture(), redis.rows()::captureLink, metrics);
  }

  private void addContexts(Transport transport, ServerPolicy policy, ReadPath reads) {
    UpstreamLinks links = new UpstreamLinks(config.upstream(), security, transport);
    Topology topology = wiring.topology(redis, links, new UpstreamWatch(metrics, redis));
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
              rowWrites(),
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
    TrackedReadiness tracked =
        new TrackedReadiness(
            coherence, config.coherence().mode(), redis.tracked(), wiring.servesInParts());
    Readiness fleet =
        new Readiness(
            "fleet-invalidation",
            () -> redis.fleet().isSettled() || config.l1().mode() == L1Mode.OFF,
            redis.fleet()::state);
    return new AdminSources(
        registry,
        List.of(),
        List.of(tracked.readiness(), fleet),
        () -> EffectiveConfiguration.redactedYaml(config),
        new L1Switch(coherence::mode, coherence::setMode),
        invalidation);
  }
}

package dev.nearside.proxy;

import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.Durability;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.database.DatabaseTier;
import dev.nearside.proxy.tier.database.DatabaseWriter;
import dev.nearside.proxy.tier.database.OutboxRows;
import dev.nearside.proxy.tier.redis.Backlog;
import dev.nearside.proxy.tier.redis.KnownOutboxes;
import dev.nearside.proxy.tier.redis.Partition;
import dev.nearside.proxy.tier.redis.RedisConnections;
import dev.nearside.proxy.tier.redis.RowErrands;
import dev.nearside.proxy.tier.redis.SideNames;
import dev.nearside.proxy.write.DurabilityGate;
import dev.nearside.proxy.write.GatheringRoom;
import dev.nearside.proxy.write.OutboxDrain;
import dev.nearside.proxy.write.RowWrites;
import dev.nearside.proxy.write.WriteBehind;
import dev.nearside.proxy.write.WriteThrough;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The write path of the namespaces whose writes change the database, wired. */
final class WriteParts implements AutoCloseable {
  private static final int MOST_AT_ONCE = 1_000;
  private static final Duration CHECKS = Duration.ofSeconds(5);

  private final DatabaseWriter writer;
  private final RowWrites rows;
  private final @Nullable DurabilityGate gate;
  private final List<OutboxDrain> drains;
  private final boolean demandsDurability;

  private WriteParts(
      NearsideConfig.Database settings,
      DatabaseTier database,
      DatabaseWriter writer,
      RowErrands redis,
      KnownOutboxes known,
      List<Namespace> behind,
      Metrics metrics) {
    this.writer = writer;
    Guard guard =
        new Guard("database-writes", Guard.Limits.defaults(MOST_AT_ONCE), Clock.systemUTC());
    WriteThrough through =
        new WriteThrough(
            writer, guard, redis.intents(), settings.timeout(), database::schedule, known);
    OutboxDrain.Counters counters =
        new OutboxDrain.Counters(
            metrics.counter(Metric.OUTBOX_KEYS, "drained"),
            metrics.counter(Metric.OUTBOX_KEYS, "dead"),
            metrics.counter(Metric.OUTBOX_FAILURES));
    OutboxRows outbox = writer.outbox();
    drains =
        behind.stream()
            .flatMap(each ->
                redis.outboxFeeds(each.name()).stream()
                    .map(feed -> new OutboxDrain(each, feed, outbox, counters)))
            .toList();
    Map<Partition, OutboxDrain> byPartition =
        drains.stream().collect(Collectors.toMap(OutboxDrain::partition, Function.identity()));
    Map<Namespace, List<OutboxDrain>> byNamespace =
        drains.stream().collect(Collectors.groupingBy(OutboxDrain::namespace));
    GatheringRoom room = new GatheringRoom(settings.timeout().multipliedBy(2));
    demandsDurability = behind.stream().anyMatch(each -> each.durability() == Durability.FSYNC);
    if (behind.isEmpty()) {
      gate = null;
      rows = new RowWrites(through, null, List.of(), redis.deadLetters(), known, room);
    } else {
      gate = new DurabilityGate(redis.durability());
      rows =
          new RowWrites(
              through,
              new WriteBehind(
                  redis.outbox(database::schedule),
                  writer,
                  guard,
                  gate,
                  settings.timeout(),
                  database::schedule,
                  each -> most(each, byNamespace),
                  row -> wake(redis.names(), byPartition, row)),
              behind,
              redis.deadLetters(),
              known,
              room);
    }
    byNamespace.forEach((each, its) -> export(each.name(), its, metrics));
  }

  /**
   * Returns that of the namespaces that are written, or null where none is; to be called before the
   * connections are started.
   */
  static @Nullable WriteParts of(
      NearsideConfig config,
      @Nullable DatabaseTier database,
      List<Namespace> namespaces,
      RedisConnections redis,
      @Nullable KnownOutboxes known,
      Metrics metrics) {
    NearsideConfig.Database settings = config.database();
    DatabaseWriter writer =
        database == null || settings == null
            ? null
            : database.writer(settings.compressAboveBytes());
    return writer == null || database == null || settings == null || known == null
        ? null
        : new WriteParts(
            settings,
            database,
            writer,
            redis.rows(),
            known,
            namespaces.stream().filter(Namespace::writesBehind).toList(),
            metrics);
  }

  /** In front of a cluster no slot knows of the others: what was seen of all of them counts. */
  private static int most(Namespace namespace, Map<Namespace, List<OutboxDrain>> drains) {
    List<OutboxDrain> its = Objects.requireNonNull(drains.get(namespace));
    boolean isFull = its.size() > 1 && backlog(its).depth() >= namespace.outboxLimit();
    return isFull ? 0 : namespace.outboxLimit();
  }

  private static Backlog backlog(List<OutboxDrain> drains) {
    return drains.stream().map(OutboxDrain::backlog).reduce(Backlog.NONE, Backlog::and);
  }

  private static void wake(
      SideNames names, Map<Partition, OutboxDrain> drains, DatabaseWriter.Row written) {
    int slot = names.slotOf(written.key());
    Partition partition = Partition.of(written.namespace().name(), slot);
    Objects.requireNonNull(drains.get(partition)).wake(slot);
  }

  private static void export(String name, List<OutboxDrain> drains, Metrics metrics) {
    metrics.gauge(Metric.OUTBOX_DEPTH, () -> backlog(drains).depth(), name);
    metrics.gauge(Metric.OUTBOX_DEAD, () -> backlog(drains).dead(), name);
    metrics.gauge(Metric.OUTBOX_AGE, () -> backlog(drains).ageMs() / 1e3, name);
  }

  /** Returns what clients' writes go to. */
  RowWrites rows() {
    return rows;
  }

  /**
   * Starts draining, once it is known what Redis promises, or that it is away.
   *
   * @throws IllegalArgumentException if Redis may lose what it acknowledges, and no namespace says
   *     that it may
   */
  void start(RedisConnections redis) {
    DurabilityGate checked = gate;
    if (checked == null) {
      return;
    }
    String obstacle = checked.await();
    if (obstacle != null && demandsDurability) {
      throw new IllegalArgumentException(
          "database.write: behind acknowledges what only Redis has, and there "
              + obstacle
              + "; or choose database.durability: weaker");
    }
    redis.every(CHECKS, checked::look);
    drains.forEach(OutboxDrain::start);
  }

  @Override
  public void close() {
    OutboxDrain.close(drains);
    writer.close();
  }
}

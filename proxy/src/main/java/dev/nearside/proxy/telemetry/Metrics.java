package dev.nearside.proxy.telemetry;

import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.hotspot.BufferPoolsExports;
import io.prometheus.client.hotspot.GarbageCollectorExports;
import io.prometheus.client.hotspot.MemoryPoolsExports;
import io.prometheus.client.hotspot.StandardExports;
import io.prometheus.client.hotspot.VersionInfoExports;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * The metrics of one sidecar, in one registry. {@link Metric} declares them; this is where the
 * parts of the sidecar count and say where gauges come from.
 *
 * <p>An event loop counts in its own {@link LoopCounters}; everything else is counted here, from
 * any thread and without locks. A scrape sums both. Needs no closing.
 */
public final class Metrics {
  /** The value of the label {@code namespace} for keys of none. */
  public static final String NO_NAMESPACE = "none";

  private final CollectorRegistry registry;
  private final List<String> namespaces;
  private final CounterTable counters;
  private final GaugeTable gauges = new GaugeTable();
  private final SharedHistogram databaseBatch = SharedHistogram.ofSizes();
  private final SharedHistogram databaseQuery = SharedHistogram.ofNanos();

  /**
   * Declares every metric in {@code registry}.
   *
   * @param namespaces the names of the configured namespaces, in their order
   * @throws IllegalArgumentException when the registry has these metrics already
   */
  public Metrics(CollectorRegistry registry, List<String> namespaces) {
    this.registry = registry;
    SequencedSet<String> names = new LinkedHashSet<>(namespaces);
    names.add(NO_NAMESPACE);
    this.namespaces = List.copyOf(names);
    counters = new CounterTable(this.namespaces);
    registry.register(new MetricsCollector(counters, gauges, databaseBatch, databaseQuery));
  }

  /**
   * Adds the process's own memory, garbage collections, buffers, CPU and file descriptors.
   *
   * <p>Thread states are left out: finding deadlocks stops every thread at each scrape.
   */
  public void exportJvm() {
    new StandardExports().register(registry);
    new MemoryPoolsExports().register(registry);
    new BufferPoolsExports().register(registry);
    new GarbageCollectorExports().register(registry);
    new VersionInfoExports().register(registry);
  }

  /** Returns the registry that is scraped. */
  public CollectorRegistry registry() {
    return registry;
  }

  /**
   * Returns the counters of a new event loop, which only that loop may write.
   *
   * @param pendingTasks how many tasks wait in the loop's queue; asked by the scraping thread
   */
  public LoopCounters addLoop(IntSupplier pendingTasks) {
    int number = gauges.of(Metric.EVENT_LOOP_PENDING).size();
    gauge(Metric.EVENT_LOOP_PENDING, pendingTasks::getAsInt, Integer.toString(number));
    LoopCounters loop = new LoopCounters(namespaces.size());
    counters.addLoop(loop);
    return loop;
  }

  /** Returns the number of the namespace called {@code name}, or that of {@link #NO_NAMESPACE}. */
  public int namespaceIndex(String name) {
    int index = namespaces.indexOf(name);
    return index >= 0 ? index : namespaces.indexOf(NO_NAMESPACE);
  }

  /**
   * Returns the adder of one counter series, to be kept by whoever counts it.
   *
   * @param labelValues in the order of {@link Metric#labelKeys}
   * @throws IllegalArgumentException when no such counter or label value was declared
   */
  public LongAdder counter(Metric metric, String... labelValues) {
    return counters.adder(metric, labelValues);
  }

  /** Returns the adders of the keys that {@code tier} answered, by the number of a namespace. */
  public List<LongAdder> hits(Tier tier) {
    return byNamespace(Metric.HITS, tier);
  }

  /** Returns the adders of the keys that {@code tier} could not answer, by namespace number. */
  public List<LongAdder> misses(Tier tier) {
    return byNamespace(Metric.MISSES, tier);
  }

  private List<LongAdder> byNamespace(Metric metric, Tier tier) {
    return namespaces.stream().map(name -> counter(metric, Label.text(tier), name)).toList();
  }

  /** Counts a key that {@code tier} answered, off the event loops. */
  public void hit(Tier tier, int namespace) {
    counter(Metric.HITS, Label.text(tier), namespaces.get(namespace)).increment();
  }

  /** Counts a key that {@code tier} could not answer, off the event loops. */
  public void miss(Tier tier, int namespace) {
    counter(Metric.MISSES, Label.text(tier), namespaces.get(namespace)).increment();
  }

  /** Counts the end of a flight, off the event loops. */
  public void fill(FillResult result) {
    counter(Metric.FILLS, Label.text(result)).increment();
  }

  /** Returns the adder of the flights that ended like this, off the event loops. */
  public LongAdder fills(FillResult result) {
    return counter(Metric.FILLS, Label.text(result));
  }

  /** Returns the adders of the reads answered with what L1 held before it closed, by namespace. */
  public List<LongAdder> staleServed() {
    return namespaces.stream().map(name -> counter(Metric.STALE_SERVED, name)).toList();
  }

  /** Returns the adder of the comparisons of L1 with Redis that showed this. */
  public LongAdder audits(AuditResult result) {
    return counter(Metric.AUDITS, Label.text(result));
  }

  /** Returns the adder of the early refreshes that ended like this. */
  public LongAdder refreshes(RefreshResult result) {
    return counter(Metric.REFRESHES, Label.text(result));
  }

  /** Returns the adder of the entries that left L1 for {@code cause}. */
  public LongAdder invalidations(InvalidationCause cause) {
    return counter(Metric.INVALIDATIONS, Label.text(cause));
  }

  /** Returns the adder of the invalidations asked of this sidecar that reach so far. */
  public LongAdder invalidationRequests(InvalidationScope scope) {
    return counter(Metric.INVALIDATION_REQUESTS, Label.text(scope));
  }

  /** Returns the adder of the messages between sidecars of which that became. */
  public LongAdder fleetMessages(FleetEvent event) {
    return counter(Metric.FLEET_MESSAGES, Label.text(event));
  }

  /** Returns the adder of the times that L1 was emptied for {@code cause}. */
  public LongAdder fleetRepairs(RepairCause cause) {
    return counter(Metric.FLEET_REPAIRS, Label.text(cause));
  }

  /** Returns where the sizes of database batches are recorded, in keys. */
  public SharedHistogram databaseBatch() {
    return databaseBatch;
  }

  /** Returns where the times of database statements are recorded, in nanoseconds. */
  public SharedHistogram databaseQuery() {
    return databaseQuery;
  }

  /**
   * Says where a gauge comes from.
   *
   * @param value asked at each scrape, on the HTTP port's thread; must not wait. When it throws,
   *     the series is left out of that scrape and {@link Metric#SCRAPE_ERRORS} counts it.
   * @param labelValues in the order of {@link Metric#labelKeys}
   * @throws IllegalArgumentException when no such gauge or label value was declared
   * @throws IllegalStateException when the series has a source already
   */
  public void gauge(Metric metric, DoubleSupplier value, String... labelValues) {
    gauges.add(metric, value, labelValues);
  }

  /**
   * Says where the state of a breaker comes from.
   *
   * @param state {@code closed}, {@code half-open} or {@code open}
   */
  public void breaker(String name, Supplier<String> state) {
    for (String each : Label.BREAKER_STATE.domain()) {
      gauge(Metric.BREAKER_STATE, () -> each.equals(state.get()) ? 1 : 0, name, each);
    }
  }

  /** Names the build and the transport in use. */
  public void build(String version, String transport) {
    gauge(Metric.BUILD, () -> 1, version, transport);
  }

  /**
   * Returns the time below which {@code quantile} (0 to 1) of the requests of {@code way} stayed
   * since the start, in nanoseconds, at most a quarter too long; 0 while there were none.
   */
  public long quantileNanos(Way way, double quantile) {
    return latencies(way, counters.loops()).quantileNanos(quantile);
  }

  /** Returns the table of all metrics as the README shows it, in Markdown. */
  public static String referenceMarkdown() {
    return MetricsReference.markdown();
  }

  static LatencyTotals latencies(Way way, List<LoopCounters> loops) {
    LatencyTotals totals = new LatencyTotals();
    loops.forEach(loop -> totals.add(loop.latency(way)));
    return totals;
  }
}

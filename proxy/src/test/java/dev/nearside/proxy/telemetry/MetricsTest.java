package dev.nearside.proxy.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.exporter.common.TextFormat;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MetricsTest {
  private final CollectorRegistry registry = new CollectorRegistry();
  private final Metrics metrics = new Metrics(registry, List.of("prompt", "rule"));

  @Test
  void requests_sumOverLoops_byWayAndCommand() throws IOException {
    LoopCounters first = metrics.addLoop(() -> 0);
    LoopCounters second = metrics.addLoop(() -> 0);
    first.request(Way.LOCAL, CommandLabel.GET);
    second.request(Way.LOCAL, CommandLabel.GET);
    second.request(Way.RELAY, CommandLabel.of("json.set"));

    Exposition scrape = scrape();

    assertThat(scrape.value("nearside_requests_total", "way", "local", "command", "get"))
        .isEqualTo(2);
    assertThat(scrape.value("nearside_requests_total", "way", "relay", "command", "other"))
        .isEqualTo(1);
  }

  @Test
  void requests_everyWayAndCommandHasACellOfItsOwn() throws IOException {
    LoopCounters loop = metrics.addLoop(() -> 0);
    int times = 0;
    for (Way way : Way.values()) {
      for (CommandLabel command : CommandLabel.values()) {
        times++;
        for (int i = 0; i < times; i++) {
          loop.request(way, command);
        }
      }
    }

    Exposition scrape = scrape();

    int expected = 0;
    for (Way way : Way.values()) {
      for (CommandLabel command : CommandLabel.values()) {
        String[] labels = {"way", Label.text(way), "command", Label.text(command)};
        assertThat(scrape.value("nearside_requests_total", labels)).isEqualTo(++expected);
      }
    }
    assertThat(scrape.value("nearside_sent_bytes_total")).isZero();
    assertThat(scrape.value("nearside_hits_total", "tier", "l1", "namespace", "prompt")).isZero();
  }

  @Test
  void hits_ofL1ComeFromLoops_ofOtherTiersFromAnyThread() throws IOException {
    LoopCounters loop = metrics.addLoop(() -> 0);
    int prompt = metrics.namespaceIndex("prompt");
    int none = metrics.namespaceIndex("not configured");
    loop.hit(prompt);
    loop.negativeHit(prompt);
    loop.miss(none);
    metrics.hit(Tier.REDIS, none);
    metrics.miss(Tier.DATABASE, prompt);

    Exposition scrape = scrape();

    assertThat(scrape.value("nearside_hits_total", "tier", "l1", "namespace", "prompt"))
        .isEqualTo(2);
    assertThat(scrape.value("nearside_l1_negative_hits_total")).isEqualTo(1);
    assertThat(scrape.value("nearside_misses_total", "tier", "l1", "namespace", "none"))
        .isEqualTo(1);
    assertThat(scrape.value("nearside_hits_total", "tier", "redis", "namespace", "none"))
        .isEqualTo(1);
    assertThat(scrape.value("nearside_misses_total", "tier", "database", "namespace", "prompt"))
        .isEqualTo(1);
    assertThat(scrape.value("nearside_hits_total", "tier", "l1", "namespace", "rule")).isZero();
  }

  @Test
  void fills_endedOnLoopsAndElsewhere_addUp() throws IOException {
    LoopCounters loop = metrics.addLoop(() -> 0);
    loop.fillStarted();
    loop.fillJoined();
    loop.fill(FillResult.PUBLISHED);
    metrics.fill(FillResult.PUBLISHED);
    metrics.fill(FillResult.KILLED);

    Exposition scrape = scrape();

    assertThat(scrape.value("nearside_fills_started_total")).isEqualTo(1);
    assertThat(scrape.value("nearside_fills_joined_total")).isEqualTo(1);
    assertThat(scrape.value("nearside_fills_total", "result", "published")).isEqualTo(2);
    assertThat(scrape.value("nearside_fills_total", "result", "killed")).isEqualTo(1);
    assertThat(scrape.value("nearside_fills_total", "result", "failed")).isZero();
  }

  @Test
  void loopCounts_ofBytesAndPins_areToldApart() throws IOException {
    LoopCounters loop = metrics.addLoop(() -> 0);
    loop.bytesIn(100);
    loop.bytesOut(2000);
    loop.pinned();

    Exposition scrape = scrape();

    assertThat(scrape.value("nearside_received_bytes_total")).isEqualTo(100);
    assertThat(scrape.value("nearside_sent_bytes_total")).isEqualTo(2000);
    assertThat(scrape.value("nearside_clients_pinned_total")).isEqualTo(1);
  }

  @Test
  void durations_areCumulativeBucketsInSeconds() throws IOException {
    LoopCounters loop = metrics.addLoop(() -> 0);
    loop.latency(Way.FILL, 1024);
    loop.latency(Way.FILL, 2048);
    loop.latency(Way.FILL, 500_000_000_000L);

    Exposition scrape = scrape();

    String bucket = "nearside_request_duration_seconds_bucket";
    assertThat(scrape.value(bucket, "way", "fill", "le", "1.024E-6")).isEqualTo(1);
    assertThat(scrape.value(bucket, "way", "fill", "le", "2.048E-6")).isEqualTo(2);
    assertThat(scrape.value(bucket, "way", "fill", "le", "68.719476736")).isEqualTo(2);
    assertThat(scrape.value(bucket, "way", "fill", "le", "+Inf")).isEqualTo(3);
    assertThat(scrape.value("nearside_request_duration_seconds_count", "way", "fill")).isEqualTo(3);
    assertThat(scrape.value("nearside_request_duration_seconds_sum", "way", "fill"))
        .isEqualTo(500.000003072);
    assertThat(metrics.quantileNanos(Way.FILL, 0.5)).isEqualTo(2048);
  }

  @Test
  void databaseHistograms_takeSizesAndNanoseconds() throws IOException {
    metrics.databaseBatch().record(3);
    metrics.databaseBatch().record(5000);
    metrics.databaseQuery().record(2_000_000);

    Exposition scrape = scrape();

    assertThat(scrape.value("nearside_database_batch_keys_bucket", "le", "2.0")).isZero();
    assertThat(scrape.value("nearside_database_batch_keys_bucket", "le", "4.0")).isEqualTo(1);
    assertThat(scrape.value("nearside_database_batch_keys_count")).isEqualTo(2);
    assertThat(scrape.value("nearside_database_batch_keys_sum")).isEqualTo(5003);
    assertThat(scrape.value("nearside_database_query_duration_seconds_sum")).isEqualTo(0.002);
  }

  @Test
  void gauge_isAskedAtEachScrape() throws IOException {
    double[] value = {7};
    metrics.gauge(Metric.UPSTREAM_CONNECTIONS, () -> value[0], "reads");
    assertThat(scrape().value("nearside_upstream_connections", "kind", "reads")).isEqualTo(7);

    value[0] = Double.POSITIVE_INFINITY;
    assertThat(scrape().value("nearside_upstream_connections", "kind", "reads")).isInfinite();
  }

  @Test
  void gauge_thatThrows_isLeftOutAndCounted() throws IOException {
    metrics.gauge(
        Metric.CLIENTS,
        () -> {
          throw new IllegalStateException("closed");
        });
    metrics.gauge(Metric.L1_OPEN, () -> 1);

    Exposition scrape = scrape();

    assertThat(scrape.families()).doesNotContainKey("nearside_clients");
    assertThat(scrape.value("nearside_l1_open")).isEqualTo(1);
    assertThat(scrape.value("nearside_scrape_errors_total")).isEqualTo(1);
  }

  @Test
  void gauge_withASecondSource_isRefused() {
    metrics.gauge(Metric.CLIENTS, () -> 1);

    assertThatIllegalStateException()
        .isThrownBy(() -> metrics.gauge(Metric.CLIENTS, () -> 2))
        .withMessageContaining("nearside_clients");
  }

  @Test
  void undeclaredLabelsAndTypes_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> metrics.gauge(Metric.UPSTREAM_CONNECTIONS, () -> 1, "carrier-pigeon"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> metrics.gauge(Metric.UPSTREAM_CONNECTIONS, () -> 1));
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.gauge(Metric.BARRIERS, () -> 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> metrics.counter(Metric.UPSTREAM_FAILURES, "bad-mood"));
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.counter(Metric.CLIENTS));
  }

  @Test
  void breaker_showsExactlyOneStateAtATime() throws IOException {
    String[] state = {"closed"};
    metrics.breaker("redis", () -> state[0]);
    state[0] = "half-open";

    Exposition scrape = scrape();

    String name = "nearside_breaker_state";
    assertThat(scrape.value(name, "name", "redis", "state", "half-open")).isEqualTo(1);
    assertThat(scrape.value(name, "name", "redis", "state", "closed")).isZero();
    assertThat(scrape.value(name, "name", "redis", "state", "open")).isZero();
  }

  @Test
  void aNamespaceCalledNone_isCountedWithTheKeysOfNone() throws IOException {
    CollectorRegistry other = new CollectorRegistry();
    Metrics named = new Metrics(other, List.of("none", "rule"));
    LoopCounters loop = named.addLoop(() -> 0);
    loop.hit(named.namespaceIndex("none"));
    loop.hit(named.namespaceIndex("unknown"));

    assertThat(scrape(other).value("nearside_hits_total", "tier", "l1", "namespace", "none"))
        .isEqualTo(2);
  }

  @Test
  void everyReasonOfATier_isAReasonOfTheFailureMetric() {
    for (var reason : dev.nearside.proxy.tier.Answer.Reason.values()) {
      metrics.counter(Metric.UPSTREAM_FAILURES, reason.label()).increment();
    }
    assertThat(
            registry.getSampleValue(
                "nearside_upstream_failures_total",
                new String[] {"reason"},
                new String[] {"breaker-open"}))
        .isEqualTo(1);
  }

  @Test
  void everyMetric_isScrapedOnceItsSourcesAreThere_andFollowsTheNamingRules() throws IOException {
    feedEverything();

    Exposition scrape = scrape();

    assertThat(ExpositionLint.faults(scrape)).isEmpty();
    assertThat(scrape.families().keySet())
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(Metric.values()).map(Metric::fullName).toList());
  }

  @Test
  void lint_findsWhatItIsThereToFind() {
    String bad =
        """
        # HELP nearside_requests Requests
        # TYPE nearside_requests counter
        nearside_requests{Way="x"} 1.0
        # HELP nearside_wait_ms_total Waits.
        # TYPE nearside_wait_ms_total gauge
        nearside_other 1.0
        # HELP other_gauge A gauge.
        # TYPE other_gauge gauge
        other_gauge{le="1"} 1.0
        """;

    assertThat(ExpositionLint.faults(Exposition.parse(bad))).hasSize(9);
  }

  @Test
  void scrape_passesPromtool_whereThereIsOne() throws Exception {
    File promtool = onPath("promtool");
    assumeThat(promtool).as("promtool, of the Debian package prometheus").isNotNull();
    feedEverything();

    Process check =
        new ProcessBuilder(promtool.getPath(), "check", "metrics")
            .redirectErrorStream(true)
            .start();
    try (Writer stdin = check.outputWriter(StandardCharsets.UTF_8)) {
      TextFormat.write004(stdin, registry.metricFamilySamples());
    }

    assertThat(new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).isEmpty();
    assertThat(check.waitFor()).isZero();
  }

  @Test
  void openMetrics_hasUnitsAndEndsAsItMust() throws IOException {
    feedEverything();
    StringWriter text = new StringWriter();
    TextFormat.writeOpenMetrics100(text, registry.metricFamilySamples());

    assertThat(text.toString())
        .contains("# TYPE nearside_build info\n", "# TYPE nearside_requests counter\n")
        .contains("# UNIT nearside_request_duration_seconds seconds\n")
        .contains("# UNIT nearside_l1_bytes bytes\n")
        .endsWith("# EOF\n");
    List<String> names =
        text.toString().lines().filter(line -> line.startsWith("# TYPE ")).toList();
    assertThat(names).doesNotHaveDuplicates();
  }

  @Test
  void exportJvm_addsTheProcessItself() throws IOException {
    metrics.exportJvm();

    assertThat(scrape().families())
        .containsKeys("process_cpu_seconds_total", "jvm_memory_pool_bytes_used", "jvm_info");
  }

  @Test
  void twoSidecarsInOneProcess_doNotShareCounts() throws IOException {
    CollectorRegistry other = new CollectorRegistry();
    new Metrics(other, List.of()).counter(Metric.BARRIERS).increment();

    assertThat(scrape().value("nearside_barriers_total")).isZero();
    assertThat(scrape(other).value("nearside_barriers_total")).isEqualTo(1);
  }

  @Test
  void reference_hasARowForEveryMetric() {
    List<String> rows = Metrics.referenceMarkdown().lines().toList();

    assertThat(rows).hasSize(Metric.values().length + 2);
    assertThat(rows)
        .contains(
            "| name | type | labels | meaning |",
            "| `nearside_fills_total` | counter | `result`: published, killed, passed, failed | "
                + "Flights ended, by whether their value entered L1. |");
    assertThat(rows).allSatisfy(row -> assertThat(row.split(" ?\\| ?", -1)).hasSizeBetween(6, 6));
  }

  private void feedEverything() {
    LoopCounters loop = metrics.addLoop(() -> 3);
    loop.request(Way.PINNED, CommandLabel.EXEC);
    metrics.breaker("database", () -> "open");
    metrics.build("0.1.0", "epoll");
    metrics.gauge(Metric.DATABASE_POOL, () -> 1, "active");
    Stream.of(Metric.OUTBOX_DEPTH, Metric.OUTBOX_AGE, Metric.OUTBOX_DEAD)
        .forEach(metric -> metrics.gauge(metric, () -> 1, Metrics.NO_NAMESPACE));
    metrics.gauge(Metric.CAPTURE_STATE, () -> 1, "reading");
    metrics.gauge(Metric.CHECKS_OFF, () -> 1, "role");
    metrics.gauge(Metric.UPSTREAM_CONNECTIONS, () -> 1, "tracked");
    Stream.of(Metric.values())
        .filter(metric -> metric.type() == Collector.Type.GAUGE && metric.labelKeys().isEmpty())
        .forEach(metric -> metrics.gauge(metric, () -> 1));
  }

  private Exposition scrape() throws IOException {
    return scrape(registry);
  }

  private static Exposition scrape(CollectorRegistry registry) throws IOException {
    StringWriter text = new StringWriter();
    TextFormat.write004(text, registry.metricFamilySamples());
    return Exposition.parse(text.toString());
  }

  private static File onPath(String program) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .map(folder -> new File(folder, program))
        .filter(File::canExecute)
        .findFirst()
        .orElse(null);
  }
}

package dev.nearside.proxy.telemetry;

import io.prometheus.client.Collector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns counters, gauges and histograms into families at scrape time. Runs on the scraping thread
 * and only reads, so that counting never waits for a scrape.
 */
final class MetricsCollector extends Collector implements Collector.Describable {
  private static final Logger log = LoggerFactory.getLogger(MetricsCollector.class);

  /** Latencies are kept four to a doubling and shown one to a doubling: a quarter of the series. */
  private static final int SHOWN_EVERY = 4;

  private final CounterTable counters;
  private final GaugeTable gauges;
  private final SharedHistogram databaseBatch;
  private final SharedHistogram databaseQuery;
  private final LongAdder scrapeErrors;

  MetricsCollector(
      CounterTable counters,
      GaugeTable gauges,
      SharedHistogram databaseBatch,
      SharedHistogram databaseQuery) {
    this.counters = counters;
    this.gauges = gauges;
    this.databaseBatch = databaseBatch;
    this.databaseQuery = databaseQuery;
    scrapeErrors = counters.adder(Metric.SCRAPE_ERRORS);
  }

  @Override
  public List<MetricFamilySamples> collect() {
    return Stream.of(Metric.values())
        .map(metric -> family(metric, samples(metric)))
        .filter(family -> !family.samples.isEmpty())
        .toList();
  }

  @Override
  public List<MetricFamilySamples> describe() {
    return Stream.of(Metric.values()).map(metric -> family(metric, List.of())).toList();
  }

  private static MetricFamilySamples family(
      Metric metric, List<MetricFamilySamples.Sample> samples) {
    return new MetricFamilySamples(
        metric.familyName(), metric.unit(), metric.type(), metric.help(), samples);
  }

  private List<MetricFamilySamples.Sample> samples(Metric metric) {
    return switch (metric) {
      case REQUEST_DURATION -> requestDurations();
      case DATABASE_BATCH -> shared(metric, databaseBatch);
      case DATABASE_QUERY_DURATION -> shared(metric, databaseQuery);
      default -> metric.type() == Type.COUNTER ? counted(metric) : gauged(metric);
    };
  }

  private List<MetricFamilySamples.Sample> counted(Metric metric) {
    List<MetricFamilySamples.Sample> samples = new ArrayList<>();
    for (CounterTable.Series series : counters.of(metric)) {
      long value = counters.value(series);
      if (value != 0 || metric != Metric.REQUESTS) {
        samples.add(sample(metric, series.labels(), (double) value));
      }
    }
    return samples;
  }

  private List<MetricFamilySamples.Sample> gauged(Metric metric) {
    List<MetricFamilySamples.Sample> samples = new ArrayList<>();
    for (Map.Entry<List<String>, DoubleSupplier> gauge : gauges.of(metric).entrySet()) {
      try {
        samples.add(sample(metric, gauge.getKey(), gauge.getValue().getAsDouble()));
      } catch (RuntimeException e) { // the rim: one broken source must not cost the whole scrape
        scrapeErrors.increment();
        log.debug("{}{} could not be read: {}", metric.fullName(), gauge.getKey(), e.toString());
      }
    }
    return samples;
  }

  private List<MetricFamilySamples.Sample> requestDurations() {
    HistogramSamples samples = new HistogramSamples(Metric.REQUEST_DURATION);
    for (Way way : Way.values()) {
      LatencyTotals totals = Metrics.latencies(way, counters.loops());
      samples.start(Label.text(way));
      for (int i = 0; i < LatencyHistogram.LAST; i += SHOWN_EVERY) {
        samples.bucket((double) LatencyHistogram.upperBoundNanos(i) / 1e9, totals.cumulative(i));
      }
      samples.end(totals.count(), totals.sumSeconds());
    }
    return samples.list();
  }

  private static List<MetricFamilySamples.Sample> shared(Metric metric, SharedHistogram histogram) {
    HistogramSamples samples = new HistogramSamples(metric);
    samples.start();
    for (int i = 0; i < histogram.bounds(); i++) {
      samples.bucket(histogram.bound(i), histogram.cumulative(i));
    }
    samples.end(histogram.cumulative(histogram.bounds()), histogram.sum());
    return samples.list();
  }

  private static MetricFamilySamples.Sample sample(
      Metric metric, List<String> labels, double value) {
    return new MetricFamilySamples.Sample(metric.fullName(), metric.labelKeys(), labels, value);
  }
}

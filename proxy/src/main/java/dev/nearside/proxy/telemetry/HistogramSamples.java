package dev.nearside.proxy.telemetry;

import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import java.util.ArrayList;
import java.util.List;

/** The samples of a histogram as the exposition formats want them: buckets, count, sum. */
final class HistogramSamples {
  private final String name;
  private final List<String> labelKeys;
  private final List<String> bucketKeys;
  private final List<Sample> samples = new ArrayList<>();
  private List<String> labelValues = List.of();

  HistogramSamples(Metric metric) {
    name = metric.fullName();
    labelKeys = metric.labelKeys();
    bucketKeys = with(labelKeys, "le");
  }

  /** Begins a series. */
  void start(String... values) {
    labelValues = List.of(values);
  }

  /** Adds a bucket; bounds rise within a series. */
  void bucket(double upperBound, long cumulative) {
    List<String> values = with(labelValues, Collector.doubleToGoString(upperBound));
    samples.add(new Sample(name + "_bucket", bucketKeys, values, (double) cumulative));
  }

  /** Ends a series with its unbounded bucket, count and sum. */
  void end(long count, double sum) {
    bucket(Double.POSITIVE_INFINITY, count);
    samples.add(new Sample(name + "_count", labelKeys, labelValues, (double) count));
    samples.add(new Sample(name + "_sum", labelKeys, labelValues, sum));
  }

  List<Sample> list() {
    return samples;
  }

  private static List<String> with(List<String> list, String last) {
    List<String> longer = new ArrayList<>(list);
    longer.add(last);
    return List.copyOf(longer);
  }
}

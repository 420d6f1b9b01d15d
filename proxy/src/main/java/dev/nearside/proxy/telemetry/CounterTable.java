package dev.nearside.proxy.telemetry;

import io.prometheus.client.Collector;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;

/**
 * Every counter series there can be, made at the start, so that each is scraped from zero on.
 *
 * <p>A series is the sum of what the event loops counted in their own fields and what other threads
 * added. Its map never changes after construction; any thread may read it.
 */
final class CounterTable {
  /**
   * One series: {@code elsewhere} is added to by any thread, {@code onLoop} reads a loop's part.
   */
  record Series(List<String> labels, LongAdder elsewhere, ToLongFunction<LoopCounters> onLoop) {}

  private final EnumMap<Metric, Map<List<String>, Series>> series = new EnumMap<>(Metric.class);
  private final List<LoopCounters> loops = new CopyOnWriteArrayList<>();
  private final List<String> namespaces;

  CounterTable(List<String> namespaces) {
    this.namespaces = List.copyOf(namespaces);
    addRequests();
    addReads();
    addFills();
    for (CloseReason reason : CloseReason.values()) {
      add(Metric.CLIENTS_CLOSED, loop -> loop.closings(reason), Label.text(reason));
    }
    add(Metric.CLIENTS_PINNED, LoopCounters::pins);
    add(Metric.CLIENTS_SLOW, LoopCounters::slowReaders);
    add(Metric.RECEIVED_BYTES, LoopCounters::bytesIn);
    add(Metric.SENT_BYTES, LoopCounters::bytesOut);
    addWhatLoopsNeverCount();
  }

  void addLoop(LoopCounters loop) {
    loops.add(loop);
  }

  List<LoopCounters> loops() {
    return loops;
  }

  /** Returns the series of {@code metric}, in a fixed order. */
  Collection<Series> of(Metric metric) {
    return series.getOrDefault(metric, Map.of()).values();
  }

  /**
   * Returns the adder of one series.
   *
   * @throws IllegalArgumentException when {@code metric} is no counter or has no such labels
   */
  LongAdder adder(Metric metric, String... labels) {
    Series found = series.getOrDefault(metric, Map.of()).get(List.of(labels));
    if (found == null) {
      throw new IllegalArgumentException(
          metric.fullName() + List.of(labels) + ": no such counter was declared");
    }
    return found.elsewhere();
  }

  long value(Series one) {
    long sum = one.elsewhere().sum();
    for (LoopCounters loop : loops) {
      sum += one.onLoop().applyAsLong(loop);
    }
    return sum;
  }

  private void addRequests() {
    for (Way way : Way.values()) {
      for (CommandLabel command : CommandLabel.values()) {
        add(
            Metric.REQUESTS,
            loop -> loop.requests(way, command),
            Label.text(way),
            Label.text(command));
      }
    }
  }

  private void addReads() {
    String l1 = Label.text(Tier.L1);
    for (int i = 0; i < namespaces.size(); i++) {
      int namespace = i;
      add(Metric.HITS, loop -> loop.hits(namespace), l1, namespaces.get(i));
      add(Metric.MISSES, loop -> loop.misses(namespace), l1, namespaces.get(i));
    }
    add(Metric.NEGATIVE_HITS, LoopCounters::negativeHits);
  }

  private void addFills() {
    add(Metric.FILLS_STARTED, LoopCounters::fillsStarted);
    add(Metric.FILLS_JOINED, LoopCounters::fillsJoined);
    for (FillResult result : FillResult.values()) {
      add(Metric.FILLS, loop -> loop.fills(result), Label.text(result));
    }
  }

  private void addWhatLoopsNeverCount() {
    for (Metric metric : Metric.values()) {
      if (metric.type() == Collector.Type.COUNTER) {
        for (List<String> labels : combinations(metric.labels())) {
          add(metric, _ -> 0, labels.toArray(String[]::new));
        }
      }
    }
  }

  private void add(Metric metric, ToLongFunction<LoopCounters> onLoop, String... labels) {
    series
        .computeIfAbsent(metric, _ -> new LinkedHashMap<>())
        .computeIfAbsent(List.of(labels), key -> new Series(key, new LongAdder(), onLoop));
  }

  private List<List<String>> combinations(List<Label> labels) {
    List<List<String>> all = List.of(List.of());
    for (Label label : labels) {
      List<List<String>> longer = new ArrayList<>();
      for (List<String> start : all) {
        for (String value : label == Label.NAMESPACE ? namespaces : label.domain()) {
          List<String> one = new ArrayList<>(start);
          one.add(value);
          longer.add(List.copyOf(one));
        }
      }
      all = longer;
    }
    return all;
  }
}

package dev.nearside.proxy.telemetry;

import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Counts values in fixed buckets, from any thread; for what happens at the rate of batches, not of
 * requests.
 */
public final class SharedHistogram {
  private final long[] upperBounds;
  private final double unit;
  private final LongAdder[] counts;
  private final LongAdder sum = new LongAdder();

  /**
   * Makes an empty histogram.
   *
   * @param unit what a recorded value is multiplied by to be in the metric's unit
   * @param upperBounds inclusive, rising; a last bucket takes whatever is above
   */
  private SharedHistogram(double unit, long[] upperBounds) {
    this.unit = unit;
    this.upperBounds = upperBounds;
    counts =
        Stream.generate(LongAdder::new).limit(upperBounds.length + 1L).toArray(LongAdder[]::new);
  }

  /** Returns a histogram of counts from 1 to 1024. */
  static SharedHistogram ofSizes() {
    return new SharedHistogram(1, LongStream.rangeClosed(0, 10).map(i -> 1L << i).toArray());
  }

  /** Returns a histogram of nanoseconds, shown as seconds, from 262 µs to 17 s. */
  static SharedHistogram ofNanos() {
    return new SharedHistogram(1e-9, LongStream.rangeClosed(18, 34).map(i -> 1L << i).toArray());
  }

  /** Counts {@code value}; nanoseconds or a size, as the metric has it. */
  public void record(long value) {
    int bucket = 0;
    while (bucket < upperBounds.length && value > upperBounds[bucket]) {
      bucket++;
    }
    counts[bucket].increment();
    sum.add(value);
  }

  int bounds() {
    return upperBounds.length;
  }

  double bound(int index) {
    return (double) upperBounds[index] * unit;
  }

  /** Returns how many values are in buckets up to and including {@code index}. */
  long cumulative(int index) {
    long total = 0;
    for (int i = 0; i <= index; i++) {
      total += counts[i].sum();
    }
    return total;
  }

  double sum() {
    return (double) sum.sum() * unit;
  }
}

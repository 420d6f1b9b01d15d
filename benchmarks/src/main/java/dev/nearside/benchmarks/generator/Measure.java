package dev.nearside.benchmarks.generator;

import java.util.Arrays;
import java.util.List;

/** What rounds are compared by. */
public enum Measure {
  REQUESTS("requests/s"),
  BYTES("bytes/s"),
  P50("p50"),
  P99("p99"),
  CPU("CPU"),
  REDIS_CPU("CPU of Redis");

  private final String label;

  Measure(String label) {
    this.label = label;
  }

  /** Returns its name in tables. */
  public String label() {
    return label;
  }

  /** Returns its median over the rounds; of an even number, the middle two's mean. */
  public double median(List<Round> rounds) {
    return median(rounds.stream().mapToDouble(this::of).toArray());
  }

  /**
   * Returns the median; of an even number, the middle two's mean.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static double median(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values have no median");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** Returns it of one round. */
  public double of(Round round) {
    return switch (this) {
      case REQUESTS -> round.requestsPerSecond();
      case BYTES -> round.megabytesPerSecond();
      case P50 -> round.p50Us();
      case P99 -> round.p99Us();
      case CPU -> round.cpuUs(0);
      case REDIS_CPU -> round.redisCpuUs();
    };
  }
}

package dev.nearside.benchmarks.generator;

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

package dev.nearside.benchmarks.load;

import java.util.List;

/**
 * What a generator is to do; travels to its process as JSON.
 *
 * @param port the server's loopback port
 * @param pids the processes whose CPU time is read, the server's first
 * @param operation what is asked
 * @param pipeline requests written at once; the next ones follow when all are answered
 * @param connections clients at once
 * @param keys how many different keys, asked in random order
 * @param warmupMs time before the measured interval, under the same load
 * @param measuredMs length of the measured interval
 */
record Load(
    int port,
    List<Long> pids,
    Operation operation,
    int pipeline,
    int connections,
    int keys,
    long warmupMs,
    long measuredMs) {

  /** A request of one key. */
  enum Operation {
    /** Reads a value of {@link #VALUE_BYTES} that is there. */
    GET("value:"),
    /** Counts up; its keys are others than those of GET. */
    INCR("counter:");

    private final String keyPrefix;

    Operation(String keyPrefix) {
      this.keyPrefix = keyPrefix;
    }

    /** Returns the key of this number; all keys are of one length. */
    String key(int number) {
      return keyPrefix + "%08d".formatted(number);
    }
  }

  static final int VALUE_BYTES = 100;

  /** Returns the same load for another server. */
  Load on(int otherPort, List<Long> otherPids) {
    return new Load(
        otherPort, otherPids, operation, pipeline, connections, keys, warmupMs, measuredMs);
  }
}

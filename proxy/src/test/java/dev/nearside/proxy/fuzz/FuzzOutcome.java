package dev.nearside.proxy.fuzz;

/**
 * What a run of one target did; a row of the report.
 *
 * @param target its label
 * @param seconds how long it was fuzzed
 * @param executions how many inputs were run
 * @param edges how many edges of the code were reached
 * @param features edges, how often they were taken, and comparisons, as libFuzzer counts them
 * @param inputs how many inputs the corpus has now
 * @param bytes how many bytes these are
 * @param findings how many inputs failed, 0 or 1: the first stops the run
 */
record FuzzOutcome(
    String target,
    long seconds,
    long executions,
    long edges,
    long features,
    int inputs,
    long bytes,
    int findings) {

  /** Returns a line of the report's table. */
  String row() {
    return "| %s | %d | %,d | %,d | %,d | %d | %,d | %d |"
        .formatted(target, seconds, executions, edges, features, inputs, bytes, findings);
  }
}

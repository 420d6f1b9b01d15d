package dev.nearside.proxy.parity;

/**
 * What a run without a difference has shown.
 *
 * @param redis version of both servers
 * @param tally what was sent and received
 * @param localReads GET and MGET that the sidecar answered from memory
 * @param reads GET and MGET that it received
 */
record Outcome(Scenario scenario, String redis, Tally tally, long localReads, long reads) {
  /** Returns which part of the reads was answered from memory. */
  double localShare() {
    return reads == 0 ? 0 : (double) localReads / reads;
  }
}

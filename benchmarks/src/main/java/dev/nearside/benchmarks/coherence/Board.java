package dev.nearside.benchmarks.coherence;

/** When each write was acknowledged; one thread writes, others read. */
final class Board {
  private final long[] ackedAtNs;
  private volatile int acked;

  Board(int writes) {
    ackedAtNs = new long[writes + 1];
  }

  /** Notes the acknowledgement of the next write, whose value is its number. */
  void acknowledge(long nowNs) {
    int write = acked + 1;
    ackedAtNs[write] = nowNs;
    acked = write;
  }

  /** Returns the number of the last acknowledged write; its moment can be read afterwards. */
  int acked() {
    return acked;
  }

  long ackedAtNs(int write) {
    return ackedAtNs[write];
  }
}

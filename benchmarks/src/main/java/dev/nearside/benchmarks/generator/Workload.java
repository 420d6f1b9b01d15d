package dev.nearside.benchmarks.generator;

/** What is asked, request by request; {@link KeySpace} says of which keys. */
public enum Workload {
  /** GET; a share of hot keys, the others cold. */
  READ(1, 0),
  /** One request in ten a SET of a key that nobody reads, the others as in {@link #READ}. */
  MIXED(0.9, 0),
  /** One request in five a SET of a key that is read, to the value it has; the others GETs. */
  CHURN(0.8, 0),
  /** INCR. */
  INCR(0, 1),
  /** GET of a key, and when it is answered a SET of the same key; both count. */
  GET_SET(0.5, 0),
  /** EVAL of a script that reads its one key. */
  EVAL(0, 0),
  /** MULTI, five times INCR and SET, EXEC in one write; counts as one. */
  MULTI(0, Exchange.INCREMENTS_OF_MULTI);

  private final double reads;
  private final int increments;

  Workload(double reads, int increments) {
    this.reads = reads;
    this.increments = increments;
  }

  /** Returns which share of the requests are GETs. */
  public double reads() {
    return reads;
  }

  /** Returns by how much a request counts up, summed over all counters. */
  public int increments() {
    return increments;
  }
}

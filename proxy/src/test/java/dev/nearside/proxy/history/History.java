package dev.nearside.proxy.history;

import java.util.List;

/**
 * All that happened to one group, which was empty at first.
 *
 * @param operations those of one connection in the order it sent them
 * @param connections one more than the highest number of a connection
 * @param receipts who was told of what
 * @param maxStalenessNs the bound on the age of what a relaxed read shows; 0 where all are strict
 */
record History(
    List<Operation> operations, int connections, List<Receipt> receipts, long maxStalenessNs) {
  /**
   * A message or list element came: from then on who reads through that sidecar may not see a state
   * from before it was sent.
   *
   * @param connection whom that binds: {@link #EVERYBODY} after a message or a blocking pop, which
   *     wait until the sidecar knows as much; else only the connection that popped it
   * @param told the operation that sent it
   */
  record Receipt(int sidecar, int connection, Operation told, long atNs) {
    static final int EVERYBODY = -1;

    /** Returns whether a read may not see a state from before. */
    boolean binds(Operation read) {
      return sidecar == read.sidecar()
          && (connection == EVERYBODY || connection == read.connection())
          && atNs < read.invokedNs();
    }

    /** Returns it in words, times in microseconds since {@code startNs}. */
    String describe(long startNs) {
      String whom = connection == EVERYBODY ? "everybody" : "client " + connection;
      return "[%d us] %s at sidecar %c knows of %s"
          .formatted((atNs - startNs) / 1000, whom, (char) ('A' + sidecar), told.describe(startNs));
    }
  }

  /** Returns whether its reads are linearizable. */
  boolean isStrict() {
    return maxStalenessNs == 0;
  }
}

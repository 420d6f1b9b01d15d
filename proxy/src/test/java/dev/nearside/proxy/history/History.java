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
   * A message or list element came: from then on nobody who reads through that sidecar may see a
   * state from before it was sent.
   *
   * @param told the operation that sent it
   */
  record Receipt(int sidecar, Operation told, long atNs) {}

  /** Returns whether its reads are linearizable. */
  boolean isStrict() {
    return maxStalenessNs == 0;
  }
}

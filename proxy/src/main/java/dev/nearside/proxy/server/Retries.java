package dev.nearside.proxy.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The reads of one client that were not answered and wait to be sent once more, in the order in
 * which they were sent first. While there are any, nothing else of the client goes upstream.
 * Confined to the client's event loop.
 */
final class Retries {
  /** A read that is to be sent once more. */
  interface Read {
    /** Sends it now, or ends it where its client is gone. */
    void again();
  }

  private final ClientConnection client;
  private final List<Read> waiting = new ArrayList<>(0);

  Retries(ClientConnection client) {
    this.client = client;
  }

  /** Returns whether there are any. */
  boolean arePending() {
    return !waiting.isEmpty();
  }

  /**
   * Has {@code read} sent again a little later, if there is time; returns whether there is.
   *
   * @param attempt 1 for the first after its first sending
   * @param startedNs when the client asked
   */
  boolean later(Read read, int attempt, long startedNs) {
    Duration wait =
        client.context().reads().retries().waitBefore(attempt, System.nanoTime() - startedNs);
    if (wait == null || !client.isOpen()) {
      return false;
    }
    if (waiting.isEmpty()) {
      client.schedule(this::again, wait);
    }
    waiting.add(read);
    return true;
  }

  private void again() {
    List<Read> due = List.copyOf(waiting);
    waiting.clear();
    due.forEach(Read::again);
  }
}

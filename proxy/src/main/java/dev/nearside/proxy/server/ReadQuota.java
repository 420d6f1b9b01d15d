package dev.nearside.proxy.server;

import java.util.ArrayList;
import java.util.List;

/**
 * Bounds the GETs of one event loop that wait for the upstream while L1 is closed, so that what the
 * hit ratio has kept from Redis does not come to it all at once. Clients over the bound are not
 * read from until half of them are answered. Confined to the event loop.
 */
public final class ReadQuota {
  static final int MOST = 512;

  private final List<ClientConnection> waiting = new ArrayList<>();
  private int asking;

  /** Returns whether no more should be asked now. */
  boolean isFull() {
    return asking >= MOST;
  }

  /** Returns how many are asked now; 0 at rest. Of its event loop. */
  public int asking() {
    return asking;
  }

  /** Pauses {@code client} until there is room; the same request comes again. */
  void await(ClientConnection client) {
    client.pause();
    waiting.add(client);
  }

  /** One more is asked. */
  void begun() {
    asking++;
  }

  /** One of them has ended. */
  void ended() {
    asking--;
    if (asking <= MOST / 2 && !waiting.isEmpty()) {
      List<ClientConnection> resumed = List.copyOf(waiting);
      waiting.clear();
      resumed.forEach(client -> client.execute(client::resume));
    }
  }
}

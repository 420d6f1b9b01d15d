package dev.nearside.proxy.server;

/**
 * A push on its way to a client, released when L1 has seen everything the push can tell about: a
 * message may name data that was written before it was sent.
 */
final class PushedReply extends PendingReply {
  PushedReply(ClientConnection client) {
    super(client.replies());
  }

  @Override
  boolean isReleased() {
    return false;
  }
}

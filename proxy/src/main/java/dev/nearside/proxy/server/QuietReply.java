package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;

/**
 * Takes the reply to what was sent on a client's connection without its having said so. Where a
 * node does not agree, the client is closed: its connections would no longer be the same. That one
 * has ended that was given up says nothing of the client.
 */
final class QuietReply implements ReplySink {
  /** Takes a reply that does not matter. */
  static final ReplySink IGNORED =
      new ReplySink() {
        @Override
        public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {}

        @Override
        public void lost() {}

        @Override
        public void refused(Reason reason) {}
      };

  private final ClientConnection client;
  private final OwnConnections connections;
  private final int timesGivenUp;

  QuietReply(ClientConnection client, OwnConnections connections) {
    this.client = client;
    this.connections = connections;
    this.timesGivenUp = connections.timesGivenUp();
  }

  private boolean isOfNow() {
    return timesGivenUp == connections.timesGivenUp();
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (first && in.getByte(from) == '-') {
      client.close("a node did not agree to what another had");
    }
  }

  @Override
  public void lost() {
    if (isOfNow()) {
      client.closeWhenFlushed();
    }
  }

  @Override
  public void refused(Reason reason) {
    if (client.isOpen() && isOfNow()) {
      client.close("a node that the client has state on is away");
    }
  }
}

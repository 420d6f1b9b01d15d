package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;

/** The sidecar's own words in place of what a node says to something else. */
final class RefusedReply implements ReplySink {
  private final ClientConnection client;
  private final PendingReply place;
  private final byte[] words;

  RefusedReply(ClientConnection client, byte[] words) {
    this.client = client;
    this.place = client.replies().add(new PendingReply(client.replies()));
    this.words = words;
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (last) {
      refused(Reason.DISCONNECTED);
    }
  }

  @Override
  public void lost() {
    client.closeWhenFlushed();
  }

  @Override
  public void refused(Reason reason) {
    place.append(words);
    place.complete();
  }
}

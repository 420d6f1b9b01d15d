package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The reply to a GET of a client that is not the sidecar's own user: unless it is an error, L1 may
 * show the client that key for a while.
 */
final class GrantedReply extends RelayedReply {
  private final ClientConnection client;
  private final LookupKey key;
  private final long sentNs;
  private boolean refused;

  /**
   * Creates a reply.
   *
   * @param key a copy that is the reply's own
   */
  GrantedReply(ClientConnection client, @Nullable Touch touch, LookupKey key) {
    super(client, touch, true, false, false);
    this.client = client;
    this.key = key;
    this.sentNs = client.nowNs();
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (first) {
      refused = in.getByte(from) == '-';
      note();
    }
    super.reply(in, from, to, first, last);
    if (last && !refused) {
      client.context().reads().bring(key, client.nowNs());
    }
  }

  private void note() {
    ReadGrants grants = client.session().grants;
    if (refused) {
      grants.refused(key);
    } else {
      grants.granted(key, sentNs);
    }
  }
}

package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;

/** The reply to a RESET that ends a transaction: where it does not, nobody knows what goes on. */
final class EndOfTransaction extends ForwardedReply {
  private final ClientConnection client;

  EndOfTransaction(ClientConnection client, ReplySink to) {
    super(to);
    this.client = client;
  }

  @Override
  public void reply(ByteBuf in, int from, int until, boolean first, boolean last) {
    super.reply(in, from, until, first, last);
    if (first && in.getByte(from) == '-') {
      client.closeWhenWritten();
    }
  }

  @Override
  public void refused(Reason reason) {
    super.refused(reason);
    client.closeWhenWritten();
  }
}

package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;

/**
 * Takes the replies to the deletions of leases that a request of a paused client waits for. When
 * all were done the client goes on; when one was not, it is closed.
 */
final class LeaseDeletion implements ReplySink {
  private final ClientConnection client;
  private final Runnable done;
  private int missing;

  /**
   * Creates a sink for {@code count} replies.
   *
   * @param done called just before the client goes on
   */
  LeaseDeletion(ClientConnection client, int count, Runnable done) {
    this.client = client;
    this.missing = count;
    this.done = done;
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (first && in.getByte(from) == '-') {
      client.close("a lease could not be deleted");
    }
    if (last && --missing == 0) {
      done.run();
      client.execute(client::resume);
    }
  }

  @Override
  public void lost() {
    client.close("upstream connection lost");
  }

  @Override
  public void refused(Reason reason) {
    client.close("upstream unavailable");
  }
}

package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.Redirect;
import dev.nearside.proxy.guard.Backoff;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.ReplyReader;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.resp.Requests;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way to whichever node of a cluster has its slot. Where a node says that another
 * has, or nobody at the moment, it is sent again, as cluster-aware clients do; its sink hears of
 * the reply alone, or of the error when there is no more time. What was sent and not answered is
 * never sent again. Confined to the client's event loop.
 */
final class RoutedRequest implements Retries.Read {
  private static final int MOST_REDIRECTS = 16;
  private static final byte[] ASKING = Requests.encode("ASKING");
  private static final Backoff BACKOFF = new Backoff();

  private final ClientConnection client;
  private final LanePaths paths;
  private final LanePath counted;
  private final int slot;
  private final LaneKey.Kind kind;
  private final byte[] request;
  private final ReplySink to;
  private final long startedNs = System.nanoTime();
  private Node node;
  private int redirects;
  private int attempts;
  private @Nullable Reason refusal;
  private byte @Nullable [] saidLater;

  /**
   * Creates a request that is not sent yet.
   *
   * @param path to the node that has the slot, as far as is known
   * @param slot of its keys, or {@link dev.nearside.proxy.cluster.HashSlot#NONE}
   */
  RoutedRequest(
      ClientConnection client,
      LanePaths paths,
      LanePath path,
      int slot,
      LaneKey.Kind kind,
      byte[] request,
      ReplySink to) {
    this.client = client;
    this.paths = paths;
    this.counted = path;
    this.node = path.node();
    this.slot = slot;
    this.kind = kind;
    this.request = request;
    this.to = to;
    counted.awaited++;
  }

  void send() {
    send(false);
  }

  private void send(boolean asking) {
    ByteBuf bytes =
        asking ? Unpooled.wrappedBuffer(ASKING, request) : Unpooled.wrappedBuffer(request);
    paths.to(node).lane(kind).send(bytes, 0, bytes.readableBytes(), new Sent(asking));
  }

  /** Returns whether it will be sent again. */
  private boolean follow(Redirect redirect, ByteBuf in, int from, int end) {
    Topology topology = paths.topology();
    if (redirect instanceof Redirect.Later) {
      topology.doubt();
      byte[] said = new byte[end - from];
      in.getBytes(from, said);
      saidLater = said;
      return triesAgain();
    }
    node =
        switch (redirect) {
          case Redirect.Moved moved -> topology.moved(moved, node);
          case Redirect.Ask ask -> topology.asked(ask, node);
          case Redirect.Later later -> node;
        };
    if (++redirects > MOST_REDIRECTS || !client.isOpen()) {
      return false;
    }
    send(redirect instanceof Redirect.Ask);
    return true;
  }

  private boolean triesAgain() {
    Duration wait = BACKOFF.before(attempts + 1);
    long mostNs = client.context().policy().redirectForNs();
    if (System.nanoTime() - startedNs + wait.toNanos() > mostNs) {
      return false;
    }
    boolean later = client.upstream().retries().later(this, wait);
    attempts += later ? 1 : 0;
    return later;
  }

  @Override
  public void again() {
    if (client.isOpen()) {
      node = paths.topology().nodeOf(slot);
      send();
    } else {
      end();
    }
  }

  /** Its client is gone: the sink only has to know that nothing more comes. */
  private void end() {
    counted.awaited--;
    byte[] said = saidLater;
    if (said == null) {
      to.refused(refusal == null ? Reason.DISCONNECTED : refusal);
    } else {
      to.reply(Unpooled.wrappedBuffer(said), 0, said.length, true, true);
    }
  }

  /** It was not sent: the node is away, and somebody else may be about to take its place. */
  private void refused(Reason reason) {
    paths.topology().doubt();
    refusal = reason;
    saidLater = null;
    if (!triesAgain()) {
      counted.awaited--;
      to.refused(reason);
    }
  }

  /** One sending of it; behind ASKING two replies come, of which the first is nobody's. */
  private final class Sent implements ReplySink {
    private int expected;

    Sent(boolean asking) {
      expected = asking ? 2 : 1;
    }

    @Override
    public boolean expectsMore() {
      return expected > 0;
    }

    @Override
    public void reply(ByteBuf in, int from, int end, boolean first, boolean last) {
      boolean own = expected == 1;
      expected -= last ? 1 : 0;
      if (!own) {
        return;
      }
      Redirect redirect = first && last ? Redirect.of(in, from, end) : null;
      if (redirect == null || !follow(redirect, in, from, end)) {
        counted.awaited -= last ? 1 : 0;
        to.reply(in, from, end, first, last);
      }
    }

    @Override
    public @Nullable ReplyReader reader() {
      return to.reader();
    }

    @Override
    public boolean isFull() {
      return to.isFull();
    }

    @Override
    public void lost() {
      counted.awaited--;
      paths.topology().doubt();
      to.lost();
    }

    @Override
    public void untold() {
      to.untold();
    }

    @Override
    public void refused(Reason reason) {
      RoutedRequest.this.refused(reason);
    }
  }
}

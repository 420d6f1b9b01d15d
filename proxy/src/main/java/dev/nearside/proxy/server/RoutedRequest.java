package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.cluster.Redirect;
import dev.nearside.proxy.guard.Backoff;
import dev.nearside.proxy.relay.Node;
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
 *
 * <p>What the client sent behind it about the same slot must not be executed before it: where there
 * is any, an error that says "later" is handed on, as a client of the node's own would see it.
 */
final class RoutedRequest implements Retries.Read {
  private static final int REDIRECTS_AT_ONCE = 5;
  private static final byte[] ASKING = Requests.encode("ASKING");
  private static final Backoff BACKOFF = new Backoff();

  private final ClientConnection client;
  private final Topology topology;
  private final LanePath counted;
  private final int slot;
  private final boolean settled;
  private final Carrier carrier;
  private final byte[] request;
  private final ReplySink to;
  private final long startedNs = System.nanoTime();
  private Node node;
  private int redirects;
  private int attempts;
  private boolean asking;
  private boolean anySlot;
  private boolean directed;
  private boolean ended;
  private Reason refusal = Reason.DISCONNECTED;
  private byte @Nullable [] saidLater;

  /**
   * Creates a request that is not sent yet.
   *
   * @param path to the node that has the slot, as far as is known
   * @param slot of its keys, or {@link HashSlot#NONE}
   * @param settled whether it is for that node and no other, as one of several without a key
   * @param carrier takes it to nodes
   */
  RoutedRequest(
      ClientConnection client,
      LanePaths paths,
      LanePath path,
      int slot,
      boolean settled,
      Carrier carrier,
      byte[] request,
      ReplySink to) {
    this.client = client;
    this.topology = paths.topology();
    this.counted = path;
    this.node = path.node();
    this.slot = slot;
    this.settled = settled;
    this.carrier = carrier;
    this.request = request;
    this.to = to;
    counted.begin(slot);
  }

  /** It may have keys that only the nodes know. */
  RoutedRequest aboutAnySlot() {
    anySlot = true;
    return this;
  }

  void send() {
    ByteBuf bytes =
        asking ? Unpooled.wrappedBuffer(ASKING, request) : Unpooled.wrappedBuffer(request);
    carrier.send(node, bytes, new Sent(asking));
  }

  /** Returns whether it will be sent again because of what {@code in} says. */
  private boolean follow(Redirect redirect, ByteBuf in, int from, int end) {
    byte[] said = new byte[end - from];
    in.getBytes(from, said);
    saidLater = said;
    asking = false;
    directed = false;
    switch (redirect) {
      case Redirect.Later later -> {
        topology.doubt();
        return !counted.hasOther(slot) && triesAgain();
      }
      case Redirect.Moved moved -> {
        if (moved.slot() != slot && !anySlot) {
          return false; // a script's own words
        }
        node = topology.moved(moved, node);
      }
      case Redirect.Ask ask -> {
        if (ask.slot() != slot && !anySlot) {
          return false;
        }
        node = topology.asked(ask, node);
        asking = true;
      }
    }
    return isSentOn();
  }

  /** Behind what waits to be sent again, and where nodes send it to and fro, it waits as well. */
  private boolean isSentOn() {
    if (!client.isOpen()) {
      return false;
    }
    directed = true;
    if (++redirects % REDIRECTS_AT_ONCE == 0) {
      return triesAgain();
    }
    Retries retries = client.upstream().retries();
    if (retries.arePending()) {
      return retries.later(this, Duration.ZERO);
    }
    send();
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
    if (!client.isOpen()) {
      giveUp();
      return;
    }
    if (!directed && !settled) {
      node = topology.view().nodeOf(slot);
    }
    send();
  }

  /** Its client is gone: the sink only has to know that nothing more comes. */
  private void giveUp() {
    end();
    byte[] said = saidLater;
    if (said == null) {
      to.refused(refusal);
    } else {
      to.reply(Unpooled.wrappedBuffer(said), 0, said.length, true, true);
    }
  }

  private void end() {
    if (!ended) {
      ended = true;
      counted.end(slot);
    }
  }

  /** It was not sent: the node is away, and somebody else may be about to take its place. */
  private void refused(Reason reason) {
    topology.doubt();
    refusal = reason;
    saidLater = null;
    asking = false;
    directed = false;
    if (!triesAgain()) {
      end();
      to.refused(reason);
    }
  }

  /** One sending of it; behind ASKING two replies come, of which the first is nobody's. */
  private final class Sent extends ForwardedReply {
    private boolean toAsking;
    private boolean done;

    Sent(boolean asking) {
      super(to);
      toAsking = asking;
    }

    @Override
    public boolean expectsMore() {
      return !done;
    }

    @Override
    public void reply(ByteBuf in, int from, int until, boolean first, boolean last) {
      if (toAsking) {
        toAsking = !last;
        return;
      }
      Redirect redirect = first && last ? Redirect.of(in, from, until) : null;
      if (redirect != null && follow(redirect, in, from, until)) {
        done = true;
        return;
      }
      if (last) {
        end();
      }
      super.reply(in, from, until, first, last);
      done = last && !super.expectsMore();
    }

    @Override
    public void lost() {
      end();
      topology.doubt();
      super.lost();
    }

    @Override
    public void refused(Reason reason) {
      RoutedRequest.this.refused(reason);
    }
  }
}

package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.cluster.Redirect;
import dev.nearside.proxy.guard.Backoff;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.ReplyReader;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Requests;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One transaction of a pinned client of a cluster, from MULTI to the reply to EXEC or DISCARD. It
 * belongs to the node that has the slot of its first key. Confined to the client's event loop.
 *
 * <p>A node executes nothing of a transaction before EXEC, and nothing at all once it has refused a
 * part of it because of its slot. So all that was said is kept, up to {@value #MAX_KEPT_BYTES}
 * bytes, and said again where the slot is: each reply is handed on once, what comes a second time
 * is not. Behind a WATCH nothing can be said again, because what was watched is forgotten with the
 * transaction: if its slot has moved, it ends as if a watched key had changed.
 */
final class RoutedTransaction implements Retries.Read {
  private static final int MAX_KEPT_BYTES = 1024 * 1024;
  private static final int REDIRECTS_AT_ONCE = 5;
  private static final byte[] DISCARD = Requests.encode("DISCARD");
  private static final byte[] CROSS_SLOT =
      Replies.error("CROSSSLOT Keys in request don't hash to the same slot");
  private static final byte[] NOT_KEPT =
      Replies.error("TRYAGAIN the slot has moved, and the transaction is too long to be repeated");
  private static final Backoff BACKOFF = new Backoff();

  private final ClientConnection client;
  private final Topology topology;
  private final ClusterRelay relay;
  private final Carrier carrier;
  private final boolean watched;
  private final List<QueuedRequest> entries = new ArrayList<>(4);
  private final long startedNs = System.nanoTime();
  private Node node;
  private int slot;
  private int underWay;
  private int keptBytes;
  private int redirects;
  private int attempts;
  private boolean kept = true;
  private boolean ending;
  private boolean endSent;
  private boolean resumes;
  private boolean unreached;
  private boolean leaves;
  private boolean opening;
  private boolean stays;
  private boolean voided;
  private boolean refusedToBegin;
  private @Nullable Redirect redirect;

  /**
   * Creates one of which nothing is sent.
   *
   * @param node where it begins
   * @param watchedSlot the slot of the keys that are watched there, or {@link HashSlot#NONE}: then
   *     it cannot go elsewhere
   * @param relay is told when its last reply has come
   */
  RoutedTransaction(
      ClientConnection client, ClusterRelay relay, Carrier carrier, Node node, int watchedSlot) {
    this.client = client;
    this.relay = relay;
    this.carrier = carrier;
    this.topology = client.context().lanes().topology();
    this.node = node;
    this.slot = watchedSlot;
    this.watched = watchedSlot != HashSlot.NONE;
  }

  /** Returns where it is now. */
  Node node() {
    return node;
  }

  /** Returns whether it is on its way to another node: nothing more can be added. */
  boolean isMoving() {
    return leaves || opening || redirect != null;
  }

  /** Returns whether EXEC or DISCARD was said. */
  boolean isEnding() {
    return ending;
  }

  /** Begins with MULTI. */
  void begin(byte[] request, ReplySink to) {
    add(new QueuedRequest(QueuedRequest.Kind.MULTI, request, to));
  }

  /** Adds a request whose first key is in {@code keySlot}. */
  void add(int keySlot, byte[] request, ReplySink to) {
    goTo(keySlot);
    add(new QueuedRequest(QueuedRequest.Kind.QUEUED, request, to));
  }

  /** Adds EXEC, or else DISCARD. */
  void end(byte[] request, ReplySink to, boolean executes) {
    ending = true;
    add(
        new QueuedRequest(
            executes ? QueuedRequest.Kind.EXEC : QueuedRequest.Kind.DISCARD, request, to));
  }

  /** Lets it go where its first key is; returns whether it is there. */
  boolean goTo(int keySlot) {
    if (slot == HashSlot.NONE && keySlot != HashSlot.NONE) {
      slot = keySlot;
      leaves = kept && !topology.view().nodeOf(slot).equals(node);
    }
    if (leaves && underWay == 0) {
      leave();
    }
    return !isMoving();
  }

  /** Pauses the client until it is where it goes to. */
  void awaitThere() {
    resumes = true;
    client.pause();
  }

  private void add(QueuedRequest entry) {
    keptBytes += entry.request.length;
    if (keptBytes > MAX_KEPT_BYTES && !isMoving()) {
      forgetSaid();
    }
    if (kept) {
      entries.add(entry);
    }
    if (!isMoving()) {
      send(entry);
    }
  }

  private void forgetSaid() {
    kept = false;
    entries.clear();
  }

  private void send(QueuedRequest entry) {
    endSent |= entry.isLast();
    underWay++;
    carrier.send(node, Unpooled.wrappedBuffer(entry.request), new Sent(entry, false));
  }

  /** Returns what takes the reply to a request that is not kept, whose bytes go out otherwise. */
  ReplySink large(ReplySink to) {
    forgetSaid();
    underWay++;
    return new Sent(new QueuedRequest(QueuedRequest.Kind.QUEUED, new byte[0], to), false);
  }

  /** All that was under way has been answered: it goes on elsewhere, or here a little later. */
  private void goOn() {
    Redirect said = redirect;
    if (leaves) {
      leave();
    } else if (said != null && !client.isOpen()) {
      giveUp();
    } else if (said instanceof Redirect.Moved moved) {
      Node owner = topology.moved(moved, node);
      discard();
      node = owner;
      if (++redirects % REDIRECTS_AT_ONCE != 0) {
        sayAgain();
      } else {
        sayLater();
      }
    } else if (said != null) {
      discard();
      topology.doubt();
      sayLater();
    }
  }

  private void leave() {
    leaves = false;
    discard();
    node = topology.view().nodeOf(slot);
    sayAgain();
  }

  /** Takes back what the node has queued, unless it was told the end. */
  private void discard() {
    if (!unreached && !endSent) {
      carrier.send(node, Unpooled.wrappedBuffer(DISCARD), QuietReply.IGNORED);
    }
  }

  private void sayLater() {
    Duration wait = BACKOFF.before(++attempts);
    long mostNs = client.context().policy().redirectForNs();
    boolean inTime = System.nanoTime() - startedNs + wait.toNanos() <= mostNs;
    stays = !inTime;
    if (!inTime && unreached) {
      notTaken();
    } else if (!inTime) {
      again();
    } else if (!client.upstream().retries().later(this, wait)) {
      giveUp();
    }
  }

  /** Nobody has begun it, or what was said of it is lost. */
  private void notTaken() {
    if (entries.getFirst().to == null) {
      client.close("the node of the client's transaction is away");
    } else {
      client.session().transaction = null;
      giveUp();
    }
  }

  /** MULTI was refused: what was said behind it is no transaction. */
  private void notBegun() {
    refusedToBegin = true;
    client.session().transaction = null;
    relay.ended(this);
    if (leaves) {
      leaves = false;
      for (QueuedRequest entry : entries.subList(1, entries.size())) {
        relay.route(slot, entry.request, Objects.requireNonNull(entry.to));
      }
    }
  }

  @Override
  public void again() {
    if (!client.isOpen()) {
      giveUp();
      return;
    }
    if (!(redirect instanceof Redirect.Moved)) {
      node = topology.view().nodeOf(slot);
    }
    sayAgain();
  }

  /** Says MULTI, and the rest once that is agreed to. */
  private void sayAgain() {
    redirect = null;
    unreached = false;
    endSent = false;
    opening = true;
    underWay++;
    QueuedRequest multi = entries.getFirst();
    carrier.send(node, Unpooled.wrappedBuffer(multi.request), new Sent(multi, true));
  }

  private void opened() {
    opening = false;
    for (int i = 1; i < entries.size() && !isMoving(); i++) {
      send(entries.get(i));
    }
    if (resumes) {
      resumes = false;
      client.execute(client::resume);
    }
  }

  /** Its client is gone: the sinks only have to know that nothing more comes. */
  void giveUp() {
    redirect = null;
    for (QueuedRequest entry : entries) {
      ReplySink to = entry.to;
      entry.to = null;
      if (to != null) {
        to.refused(Reason.DISCONNECTED);
      }
    }
    relay.ended(RoutedTransaction.this);
  }

  /** One sending of one request. */
  private final class Sent implements ReplySink {
    private final QueuedRequest entry;
    private final boolean opens;
    private boolean agreed;
    private boolean held;

    Sent(QueuedRequest entry, boolean opens) {
      this.entry = entry;
      this.opens = opens;
    }

    @Override
    public void reply(ByteBuf in, int from, int until, boolean first, boolean last) {
      if (first) {
        agreed = in.getByte(from) == '+';
        held = redirect != null;
      }
      ReplySink to = entry.to;
      if (to != null && !held) {
        handOn(to, in, from, until, first, last);
      }
      if (last) {
        underWay--;
        settled();
      }
    }

    private void settled() {
      if (opens && redirect == null && !agreed) {
        client.close("a node refused MULTI to which another had agreed");
      } else if (opens && redirect == null) {
        opened();
      } else if (entry.kind == QueuedRequest.Kind.MULTI && !agreed) {
        notBegun();
      } else if (underWay == 0) {
        goOn();
      }
    }

    private void handOn(
        ReplySink to, ByteBuf in, int from, int until, boolean first, boolean last) {
      Redirect said = first && last ? Redirect.of(in, from, until) : null;
      byte[] instead = said == null ? insteadOfAbort(in, from, until, first) : follow(said);
      if (redirect != null) {
        return;
      }
      if (last) {
        entry.to = null;
      }
      if (instead == null) {
        to.reply(in, from, until, first, last);
      } else {
        to.reply(Unpooled.wrappedBuffer(instead), 0, instead.length, true, true);
      }
      if (last && entry.isLast()) {
        relay.ended(RoutedTransaction.this);
      }
    }

    /** Returns what the client is told instead, or null for what the node has said. */
    private byte @Nullable [] follow(Redirect said) {
      if (refusedToBegin) {
        return null;
      }
      int about =
          switch (said) {
            case Redirect.Moved moved -> moved.slot();
            case Redirect.Ask ask -> ask.slot();
            case Redirect.Later later -> slot;
          };
      slot = slot == HashSlot.NONE ? about : slot;
      if (about != slot) {
        return CROSS_SLOT;
      }
      if (watched) {
        voided = true;
        return entry.kind == QueuedRequest.Kind.EXEC ? nothing() : QueuedRequest.QUEUED;
      }
      if (stays) {
        return null;
      }
      if (!kept) {
        return NOT_KEPT;
      }
      redirect = said;
      return null;
    }

    private byte @Nullable [] insteadOfAbort(ByteBuf in, int from, int until, boolean first) {
      boolean aborted = first && voided && entry.isAborted(in, from, until);
      return aborted ? nothing() : null;
    }

    private byte[] nothing() {
      return Replies.nullArray(client.session().protocol == 3);
    }

    @Override
    public @Nullable ReplyReader reader() {
      return client;
    }

    @Override
    public boolean isFull() {
      ReplySink to = entry.to;
      return to != null && to.isFull();
    }

    @Override
    public void lost() {
      ReplySink to = entry.to;
      entry.to = null;
      if (to != null) {
        to.lost();
      } else {
        client.closeWhenFlushed();
      }
    }

    private void tellRefused(Reason reason) {
      ReplySink to = entry.to;
      entry.to = null;
      if (to != null) {
        to.refused(reason);
      }
    }

    /** What it belongs to is not at the node: nothing more of it may be sent there. */
    @Override
    public void refused(Reason reason) {
      underWay--;
      unreached = true;
      redirect = new Redirect.Later();
      if (watched || !kept) {
        tellRefused(reason);
        client.close("the node of the client's transaction is away");
      } else if (underWay == 0) {
        goOn();
      }
    }
  }
}

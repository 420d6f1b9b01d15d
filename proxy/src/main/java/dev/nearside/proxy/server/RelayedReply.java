package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.CommandFlag;
import dev.nearside.proxy.relay.ReplyReader;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.telemetry.Way;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The reply to a relayed request, on its way from the upstream to its place in the order. What the
 * command did to L1 is settled with its first bytes, before the client can see any.
 */
class RelayedReply extends PendingReply implements ReplySink {
  private final ClientConnection client;
  private final @Nullable Touch touch;
  private final boolean informative;
  private final boolean behindBarrier;
  private final boolean orders;
  private final Way way;
  private final long startedNs;
  private long answeredNs;
  private boolean answered;

  /**
   * Creates a reply.
   *
   * @param touch what the command does to L1, or null for nothing
   * @param informative whether its reply can tell about other clients' writes
   * @param behindBarrier whether L1 must have seen all that the reply can tell, before it is
   *     released
   * @param orders whether later reads of the connection must be executed after it
   */
  RelayedReply(
      ClientConnection client,
      @Nullable Touch touch,
      boolean informative,
      boolean behindBarrier,
      boolean orders) {
    super(client.replies());
    this.client = client;
    this.touch = touch;
    this.informative = informative;
    this.behindBarrier = behindBarrier;
    this.orders = orders;
    this.way = client.upstream().way();
    this.startedNs = client.nowNs();
  }

  /** Returns the reply to an ordinary command. */
  static RelayedReply to(
      ClientConnection client, Command command, Request request, @Nullable Touch touch) {
    boolean opaque = touch != null && touch.isOpaque();
    boolean blocks = command.has(CommandFlag.BLOCKING);
    return new RelayedReply(
        client,
        touch,
        command.informative(request),
        opaque || blocks,
        opaque || command.way() == dev.nearside.proxy.command.Way.PINNED);
  }

  /** Returns whether later reads of the connection must be executed after it. */
  boolean orders() {
    return orders;
  }

  /** Returns when its request was worked off. */
  final long startedNs() {
    return startedNs;
  }

  /** Returns the keys whose state its reply may show. */
  List<LookupKey> keysRead() {
    return touch == null ? List.of() : touch.readKeys();
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (first) {
      settle(in, from, to, last);
    }
    append(in, from, to);
    if (!last) {
      client.flushSoon();
      return;
    }
    answered = true;
    if (!first) {
      answeredNs = System.nanoTime();
    }
    client.context().counters().latency(way, answeredNs - startedNs);
    if (isReleased()) {
      complete();
    }
  }

  @Override
  void release() {
    super.release();
    if (answered) {
      complete();
    }
  }

  @Override
  boolean isAwaited() {
    return !answered;
  }

  @Override
  boolean isUndecided() {
    return !answered && !isComplete();
  }

  private void settle(ByteBuf in, int from, int to, boolean whole) {
    if (touch != null) {
      touch.replied(in, from, to, whole);
    }
    answeredNs = System.nanoTime();
    if (informative) {
      client.session().floorNs = answeredNs;
    }
    if (behindBarrier) {
      hold();
      client.afterBarrier(this::release);
    }
  }

  @Override
  void complete() {
    client.upstream().completed(this);
    super.complete();
  }

  @Override
  public ReplyReader reader() {
    return client;
  }

  @Override
  public boolean isFull() {
    return client.isFullFor(this);
  }

  @Override
  public void untold() {
    if (touch != null) {
      touch.lost();
      client.upstream().pipeEffects().untold();
    }
    answered = true;
    release();
  }

  /** Its client is gone, and with it what the reply would have settled. */
  final void unanswered() {
    if (touch != null) {
      touch.unanswered();
    }
  }

  @Override
  public void lost() {
    unanswered();
    client.closeWhenFlushed();
  }

  @Override
  public void refused(Reason reason) {
    if (touch != null) {
      touch.refused();
    }
    append(unavailable(reason));
    complete();
  }

  /** Returns the error that tells clients to try again, because the upstream was not asked. */
  static byte[] unavailable(Reason reason) {
    return Replies.error("TRYAGAIN upstream unavailable: " + reason.label() + ", retry later");
  }
}

package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.relay.Lane;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.tier.redis.SideNames;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Relays the commands of a client that is not pinned, by lanes that it shares. Confined to the
 * client's event loop.
 */
final class LaneRelay {
  private final ClientConnection client;
  private final Upstream upstream;
  private final LoopContext context;
  private final Touches touches;
  private final LanePaths paths;

  LaneRelay(ClientConnection client, Upstream upstream, Touches touches, LanePaths paths) {
    this.client = client;
    this.upstream = upstream;
    this.context = client.context();
    this.touches = touches;
    this.paths = paths;
  }

  /** Sends the request of which {@link LanePaths#mustWait} was asked last. */
  void relay(Command command, Request request, @Nullable Touch touch) {
    List<Scatter.Piece> pieces = paths.pieces();
    if (pieces != null) {
      scatter(command, request, touch, pieces);
      return;
    }
    int slot = paths.slot();
    LanePath path = paths.ofSlot(slot);
    LaneKey.Kind kind =
        Objects.requireNonNull(path.choose(command, paths.isAwaited(path, upstream.outstanding())));
    Lane lane = path.take(kind);
    Reason refusal = null;
    if (touch != null) {
      refusal = upstream.awaitsLeases() ? null : breakLeases(touch, lane);
      touch.forwarded();
    }
    RelayedReply reply =
        touch != null && isRepeatable(command, request, touch)
            ? new RepeatableRead(client, command, request, touch, kind, slot)
            : upstream.replyTo(command, request, request.argCount(), touch);
    upstream.track(reply);
    if (refusal == null) {
      paths.send(path, kind, slot, request.buffer(), request.start(), request.length(), reply);
    } else {
      reply.refused(refusal);
    }
  }

  private void scatter(
      Command command, Request request, @Nullable Touch touch, List<Scatter.Piece> pieces) {
    if (touch != null) {
      touch.forwarded();
    }
    ScatteredReply reply =
        new ScatteredReply(client, command, request, touch, pieces, paths.view());
    upstream.track(reply);
    for (int i = 0; i < pieces.size(); i++) {
      Scatter.Piece piece = pieces.get(i);
      LanePath path = paths.to(piece.node());
      boolean awaited = paths.isAwaited(path, upstream.outstanding());
      LaneKey.Kind kind = Objects.requireNonNull(path.choose(command, awaited));
      path.take(kind);
      byte[] bytes = Scatter.bytes(piece, command.spread(), request);
      paths.send(path, kind, piece, bytes, reply.part(i));
    }
  }

  private boolean isRepeatable(Command command, Request request, Touch touch) {
    return !touch.mayWrite()
        && command.connectionEffect() == ConnectionEffect.NONE
        && request.length() <= RepeatableRead.MAX_REQUEST_BYTES
        && context.reads().retries().isOn();
  }

  /**
   * Deletes the leases of keys that are about to be written, on the same lane just before.
   *
   * @return why one of the deletions was not sent, and the write must not be, or null
   */
  private @Nullable Reason breakLeases(Touch touch, Lane lane) {
    LeaseAhead ahead = new LeaseAhead();
    for (LookupKey key :
        touches.leasedOf(touch.writtenKeys(), context.reads(), context.policy().database())) {
      ByteBuf deletion = LeaseBreak.deletion(SideNames.PLAIN, key);
      lane.send(deletion, 0, deletion.readableBytes(), ahead);
    }
    return ahead.refusal();
  }
}

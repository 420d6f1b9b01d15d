package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.resp.Requests;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.tier.redis.SideNames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the leases of what a pinned client is about to write, on a lane and in the sidecar's own
 * name: on its own connection the deletions could be queued in a transaction, go unanswered, or not
 * be allowed to its user. In front of a cluster those of any client, since a deletion and the write
 * behind it may be sent on to different nodes, and so in another order. Confined to the client's
 * event loop.
 */
final class LeaseBreak {
  private final ClientConnection client;
  private final LoopContext context;
  private final Touches touches;
  private final LanePaths paths;
  private boolean done;
  private byte @Nullable [] failure;

  LeaseBreak(ClientConnection client, Touches touches, LanePaths paths) {
    this.client = client;
    this.paths = paths;
    this.context = client.context();
    this.touches = touches;
  }

  /**
   * Sends the deletions that {@code request} needs. Where one of them could not be made, the write
   * must not be either: a client that is pinned is closed, any other is told ({@link
   * #takeFailure}).
   *
   * @param argCount how many arguments the request will have
   * @return whether the request may be forwarded now; false: the client goes on later
   */
  boolean isDone(Command command, Request request, int argCount) {
    if (done) {
      done = false;
      return true;
    }
    List<LookupKey> leased =
        touches.leasedOf(
            touches.writtenBy(command, request, argCount),
            context.reads(),
            context.policy().database());
    if (leased.isEmpty()) {
      return true;
    }
    client.pause();
    if (paths.topology().isCluster()) {
      sendNext(leased.iterator());
    } else {
      LeaseDeletion last = new LeaseDeletion(leased.size(), this::ended);
      leased.forEach(key -> send(key, last));
    }
    return false;
  }

  /** Returns and forgets why the request of which {@link #isDone} was asked cannot be sent. */
  byte @Nullable [] takeFailure() {
    byte[] taken = failure;
    failure = null;
    return taken;
  }

  /** One after the other: what is sent again may not stand behind another of its slot. */
  private void sendNext(Iterator<LookupKey> rest) {
    send(
        rest.next(),
        new LeaseDeletion(
            1,
            error -> {
              if (error == null && rest.hasNext()) {
                sendNext(rest);
              } else {
                ended(error);
              }
            }));
  }

  private void ended(byte @Nullable [] error) {
    if (error != null && client.upstream().isPinned()) {
      client.close("a lease could not be deleted");
      return;
    }
    failure = error;
    done = true;
    client.execute(client::resume);
  }

  private void send(LookupKey key, LeaseDeletion last) {
    if (paths.topology().isCluster()) {
      ByteBuf deletion = deletion(SideNames.IN_SLOTS, key);
      int slot = key.slot();
      LanePath path = paths.to(paths.topology().view().nodeOf(slot));
      paths.send(path, LaneKey.Kind.WRITES, slot, deletion, 0, deletion.readableBytes(), last);
      return;
    }
    ByteBuf deletion = deletion(SideNames.PLAIN, key);
    LaneKey lane =
        new LaneKey(
            paths.topology().view().home(),
            client.session().protocol,
            context.policy().database(),
            LaneKey.Kind.WRITES);
    context.lanes().lane(lane).send(deletion, 0, deletion.readableBytes(), last);
  }

  /** Returns the request that deletes the lease of {@code key}. */
  static ByteBuf deletion(SideNames names, LookupKey key) {
    return Unpooled.wrappedBuffer(Requests.encode("DEL", names.lease(key.name())));
  }
}

package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.resp.Request;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Deletes the leases of what a pinned client is about to write, on a lane and in the sidecar's own
 * name: on its own connection the deletions could be queued in a transaction, go unanswered, or not
 * be allowed to its user. Confined to the client's event loop.
 */
final class LeaseBreak {
  private final ClientConnection client;
  private final LoopContext context;
  private final Touches touches;
  private boolean done;

  LeaseBreak(ClientConnection client, Touches touches) {
    this.client = client;
    this.context = client.context();
    this.touches = touches;
  }

  /**
   * Sends the deletions that {@code request} needs. What cannot be deleted closes the client: its
   * write must not overtake.
   *
   * @param argCount how many arguments the request will have
   * @return whether the request may be forwarded now; false: the client goes on later
   */
  boolean isDone(Command command, Request request, int argCount) {
    if (done) {
      done = false;
      return true;
    }
    List<ByteBuf> deletions = new ArrayList<>(0);
    int database = context.policy().database();
    touches.leasesOf(
        touches.writtenBy(command, request, argCount), context.reads(), database, deletions::add);
    if (deletions.isEmpty()) {
      return true;
    }
    client.pause();
    LeaseDeletion last = new LeaseDeletion(client, deletions.size(), () -> done = true);
    LaneKey leased =
        new LaneKey(
            context.lanes().topology().view().home(),
            client.session().protocol,
            database,
            LaneKey.Kind.WRITES);
    for (ByteBuf deletion : deletions) {
      context.lanes().lane(leased).send(deletion, 0, deletion.readableBytes(), last);
    }
    return false;
  }
}

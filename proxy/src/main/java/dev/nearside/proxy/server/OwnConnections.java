package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.relay.Lanes;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.ReplySink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A pinned client's connections, one to each node it has had to do with since it was pinned, each
 * made when it is first needed. Confined to the client's event loop.
 */
final class OwnConnections implements Carrier {
  private final ClientConnection client;
  private final Session session;
  private final Pinning pinning;
  private final Lanes lanes;
  private final Map<Node, OwnConnection> byNode = new HashMap<>(1);
  private final HeldState held = new HeldState();
  private int timesGivenUp;
  private boolean ending;

  OwnConnections(ClientConnection client, Pinning pinning) {
    this.client = client;
    this.session = client.session();
    this.pinning = pinning;
    this.lanes = client.context().lanes();
  }

  /** Returns the connection to {@code node}; one that is not there begins to be made. */
  OwnConnection to(Node node) {
    OwnConnection known = byNode.get(node);
    return known == null ? make(node) : known;
  }

  private OwnConnection make(Node node) {
    OwnConnection own = new OwnConnection(client, pinning, node);
    byNode.put(node, own);
    own.connectedBy(
        lanes.pin(
            node, session.protocol, session.database, session.replayed(), held.requests(), own));
    return own;
  }

  /** Returns the connection to {@code node}, or null if there is none. */
  @Nullable OwnConnection find(Node node) {
    return byNode.get(node);
  }

  /** Returns what each of them has to agree to. */
  HeldState held() {
    return held;
  }

  /** What one node has agreed to is said on all other connections, a name without consequence. */
  void hold(Command command, HeldState.Asked asked, @Nullable Node agreed) {
    held.agreed(command, asked);
    ReplySink sink = HeldState.isName(command) ? QuietReply.IGNORED : new QuietReply(client, this);
    for (OwnConnection own : byNode.values()) {
      if (!own.node().equals(agreed)) {
        own.send(Unpooled.wrappedBuffer(asked.request()), sink);
      }
    }
  }

  boolean isEmpty() {
    return byNode.isEmpty();
  }

  /** Returns whether half of a push has come on one of them. */
  boolean arePushing() {
    for (OwnConnection own : byNode.values()) {
      if (own.isPushing()) {
        return true;
      }
    }
    return false;
  }

  /** It could not be made, or has ended; returns whether it was known. */
  boolean forget(OwnConnection own) {
    return byNode.remove(own.node(), own);
  }

  /** Behind the end of what the client sends nothing can be sent on. */
  @Override
  public void send(Node node, ByteBuf bytes, ReplySink sink) {
    if (ending) {
      sink.lost();
      return;
    }
    OwnConnection own = to(node);
    if (own.isMade()) {
      own.send(bytes, sink);
    } else {
      byNode.remove(node);
      own.send(bytes, sink);
    }
  }

  void endInput() {
    ending = true;
    byNode.values().forEach(OwnConnection::endInput);
  }

  boolean isEnding() {
    return ending;
  }

  void read(boolean on) {
    byNode.values().forEach(own -> own.read(on));
  }

  /** Returns how often they were given up; what was awaited before is of no consequence. */
  int timesGivenUp() {
    return timesGivenUp;
  }

  /** Gives up all but those to {@code kept}, if there is one. */
  void closeAllBut(@Nullable Node kept) {
    timesGivenUp++;
    List<OwnConnection> closed = new ArrayList<>(byNode.values());
    closed.removeIf(own -> own.node().equals(kept));
    closed.forEach(this::forget);
    closed.forEach(OwnConnection::close);
  }
}

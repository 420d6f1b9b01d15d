package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.Topology;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The node to which a pinned client of a cluster sends what has no keys; the same while there is
 * anything of the client's on it. Confined to the client's event loop.
 */
final class HomeNode {
  private final Session session;
  private final Upstream upstream;
  private final Topology topology;
  private @Nullable Node known;

  HomeNode(Session session, Upstream upstream, Topology topology) {
    this.session = session;
    this.upstream = upstream;
    this.topology = topology;
  }

  /** Returns it, or the cluster's own while the client has no connection to it. */
  Node get() {
    return connection() == null ? topology.view().home() : Objects.requireNonNull(known);
  }

  /** Returns the node that last became it, or null for none. */
  @Nullable Node known() {
    return known;
  }

  /** Returns the client's connection to it, or null. */
  @Nullable OwnConnection connection() {
    Node node = known;
    return node == null ? null : upstream.pinning().connections().find(node);
  }

  /** Returns whether it is {@code node}, and there is something of the client's on it. */
  boolean isKeptAt(Node node) {
    return node.equals(known) && isKept();
  }

  /** Returns whether the client has subscribed there. */
  boolean hasSubscriptions() {
    return upstream.pinning().subscriptions().anyAtHome();
  }

  private boolean isKept() {
    return session.kept || hasSubscriptions();
  }

  /** It is {@code node} from now on, unless there is something on the one of before. */
  void become(Node node) {
    if (connection() == null || !isKept()) {
      known = node;
    }
  }
}

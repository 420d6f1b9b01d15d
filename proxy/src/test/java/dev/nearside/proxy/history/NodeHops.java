package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RedisNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The ways of each sidecar to the nodes of its upstream, by the ports of those; none where sidecars
 * reach the nodes themselves.
 */
final class NodeHops implements AutoCloseable {
  /** Makes the ways of one sidecar. */
  interface Maker {
    /** Starts a hop before each node; returns them by the ports of the nodes. */
    Map<Integer, DelayingHop> before(List<Integer> nodes) throws IOException;
  }

  private static final int SIDECARS = 2;

  private final List<Map<Integer, DelayingHop>> ofEach = new ArrayList<>();

  NodeHops(Scenario scenario, List<RedisNode> nodes, Maker maker) throws IOException {
    List<Integer> ports = nodes.stream().map(RedisNode::port).toList();
    for (int sidecar = 0; sidecar < SIDECARS && scenario.hasHops(); sidecar++) {
      ofEach.add(maker.before(ports));
    }
  }

  /** Returns the ways of each sidecar. */
  List<Map<Integer, DelayingHop>> ofEach() {
    return ofEach;
  }

  /** Returns the ways of a sidecar. */
  List<DelayingHop> of(int sidecar) {
    return ofEach.isEmpty() ? List.of() : List.copyOf(ofEach.get(sidecar).values());
  }

  /** Returns the port at which a sidecar reaches a node. */
  int port(int sidecar, RedisNode node) {
    return ofEach.isEmpty()
        ? node.port()
        : Objects.requireNonNull(ofEach.get(sidecar).get(node.port())).port();
  }

  @Override
  public void close() throws IOException {
    for (Map<Integer, DelayingHop> hops : ofEach) {
      for (DelayingHop hop : hops.values()) {
        hop.close();
      }
    }
  }
}

package dev.nearside.proxy.relay;

import dev.nearside.proxy.cluster.Redirect;
import java.util.List;

/** The topology of one server. */
record OneNode(Node home) implements Topology {
  @Override
  public boolean isCluster() {
    return false;
  }

  @Override
  public Node nodeOf(int slot) {
    return home;
  }

  @Override
  public List<Node> primaries() {
    return List.of(home);
  }

  @Override
  public int version() {
    return 0;
  }

  @Override
  public Node moved(Redirect.Moved said, Node node) {
    return home;
  }

  @Override
  public Node asked(Redirect.Ask said, Node node) {
    return home;
  }

  @Override
  public void doubt() {}
}

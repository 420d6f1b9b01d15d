package dev.nearside.proxy.relay;

import dev.nearside.proxy.cluster.Redirect;
import java.util.List;

/** The topology of one server. */
record OneNode(Node home) implements Topology, Topology.View {
  @Override
  public boolean isCluster() {
    return false;
  }

  @Override
  public View view() {
    return this;
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
  public List<Node> numbered() {
    return primaries();
  }

  @Override
  public int version() {
    return 0;
  }

  @Override
  public boolean isWhole() {
    return true;
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

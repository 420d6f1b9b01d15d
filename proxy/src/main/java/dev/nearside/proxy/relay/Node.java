package dev.nearside.proxy.relay;

/**
 * One server of the upstream, which may be any behind an address. Shared by all event loops;
 * compared by identity.
 */
public final class Node {
  private final UpstreamLink link;

  /** Creates the node that {@code link} leads to. */
  public Node(UpstreamLink link) {
    this.link = link;
  }

  /** Returns how it is reached. */
  public UpstreamLink link() {
    return link;
  }

  @Override
  public String toString() {
    return link.toString();
  }
}

package dev.nearside.proxy.relay;

/**
 * One server of the upstream, which may be any behind an address. Shared by all event loops;
 * compared by identity.
 */
public final class Node {
  private final UpstreamLink link;
  private final RelayListener listener;

  /**
   * Creates the node that {@code link} leads to.
   *
   * @param listener hears of connections to it
   */
  public Node(UpstreamLink link, RelayListener listener) {
    this.link = link;
    this.listener = listener;
  }

  /** Returns how it is reached. */
  public UpstreamLink link() {
    return link;
  }

  RelayListener listener() {
    return listener;
  }

  @Override
  public String toString() {
    return link.toString();
  }
}

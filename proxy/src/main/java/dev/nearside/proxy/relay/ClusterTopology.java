package dev.nearside.proxy.relay;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.cluster.ClusterMap.Snapshot;
import dev.nearside.proxy.cluster.Redirect;
import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** The topology of a cluster: each of its nodes is made when it is first spoken of. */
final class ClusterTopology implements Topology {
  private final ClusterMap map;
  private final Function<Address, Node> maker;
  private final Map<Address, Node> nodes = new ConcurrentHashMap<>();
  private final Map<Node, Address> addresses = new ConcurrentHashMap<>();
  private volatile Seen last;

  /**
   * Creates the topology of {@code map}.
   *
   * @param maker makes the node at an address
   */
  ClusterTopology(ClusterMap map, Function<Address, Node> maker) {
    this.map = map;
    this.maker = maker;
    this.last = new Seen(map.snapshot());
  }

  private final class Seen implements View {
    private final Snapshot snapshot;

    Seen(Snapshot snapshot) {
      this.snapshot = snapshot;
    }

    @Override
    public Node home() {
      return node(snapshot.home());
    }

    @Override
    public Node nodeOf(int slot) {
      return node(snapshot.ownerOf(slot));
    }

    @Override
    public List<Node> primaries() {
      return snapshot.primaries().stream().map(ClusterTopology.this::node).toList();
    }

    @Override
    public List<Node> numbered() {
      return snapshot.numbered().stream().map(ClusterTopology.this::node).toList();
    }

    @Override
    public int version() {
      return snapshot.version();
    }

    @Override
    public boolean isWhole() {
      return snapshot.isWhole();
    }
  }

  private Node node(Address address) {
    Node known = nodes.get(address);
    return known == null ? nodes.computeIfAbsent(address, this::made) : known;
  }

  private Node made(Address address) {
    Node node = maker.apply(address);
    addresses.put(node, address);
    return node;
  }

  private Address addressOf(Node node) {
    return Objects.requireNonNull(addresses.get(node));
  }

  @Override
  public boolean isCluster() {
    return true;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // the very snapshot
  public View view() {
    Seen seen = last;
    Snapshot now = map.snapshot();
    if (seen.snapshot != now) {
      seen = new Seen(now);
      last = seen;
    }
    return seen;
  }

  @Override
  public Node moved(Redirect.Moved said, Node node) {
    return node(map.moved(said, addressOf(node)));
  }

  @Override
  public Node asked(Redirect.Ask said, Node node) {
    return node(ClusterMap.place(said.host(), said.port(), addressOf(node)));
  }

  @Override
  public void doubt() {
    map.doubt();
  }
}

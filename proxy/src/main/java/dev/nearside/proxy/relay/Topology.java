package dev.nearside.proxy.relay;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.cluster.Redirect;
import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.List;
import java.util.function.Function;

/** Which server of the upstream takes which commands. Thread-safe, never waits. */
public interface Topology {
  /** Who has what at a moment; immutable. */
  interface View {
    /** Returns the server that takes what is about no key. */
    Node home();

    /** Returns the server that has {@code slot}, as far as is known, else any. */
    Node nodeOf(int slot);

    /** Returns the servers that have slots; at least one. */
    List<Node> primaries();

    /** Returns everybody who ever had slots, always at the same index. */
    List<Node> numbered();

    /** Returns a number that is another one when a slot has gone to another server. */
    int version();

    /** Returns whether all of it was told, not only some. */
    boolean isWhole();
  }

  /** Returns whether keys are spread over several servers by their slots. */
  boolean isCluster();

  /** Returns who has what now. */
  View view();

  /** Returns where {@code said}, heard from {@code node}, leads, and takes note of it. */
  Node moved(Redirect.Moved said, Node node);

  /** Returns where {@code said}, heard from {@code node}, leads. */
  Node asked(Redirect.Ask said, Node node);

  /** Something is not where it should be: who has what is asked for anew, soon. */
  void doubt();

  /** Returns the topology of one server that takes everything. */
  static Topology of(Node only) {
    return new OneNode(only);
  }

  /**
   * Returns the topology of a cluster.
   *
   * @param map says who has which slot
   * @param maker makes the node at an address
   */
  static Topology of(ClusterMap map, Function<Address, Node> maker) {
    return new ClusterTopology(map, maker);
  }
}

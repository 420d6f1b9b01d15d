package dev.nearside.proxy.relay;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The upstream connections of one event loop. Confined to it. */
public final class Lanes {
  private static final long GRACE_MS = 250;

  private final Flushes flushes;
  private final Topology topology;
  private final Map<LaneKey, Lane> lanes = new HashMap<>();
  private final Set<PinnedConnection> pinned = new HashSet<>();
  private @Nullable LaneKey lastKey;
  private @Nullable Lane last;

  /** Creates the lanes of an event loop; none is connected before it is used. */
  public Lanes(Flushes flushes, Topology topology) {
    this.flushes = flushes;
    this.topology = topology;
  }

  /** Returns the lane of {@code key}, which lives as long as this. */
  public Lane lane(LaneKey key) {
    Lane known = last;
    if (known != null && key.equals(lastKey)) {
      return known;
    }
    Lane lane = lanes.computeIfAbsent(key, k -> new Lane(flushes, k));
    last = lane;
    lastKey = key;
    return lane;
  }

  /**
   * Returns a connection for one client alone, which is being made; null where the upstream could
   * not be reached a moment ago, and is not to be tried for each client.
   *
   * @param node where it leads
   * @param replayed whole requests the client had been answered before, to repeat on it
   * @param held such that have to be agreed to on it as well
   */
  public @Nullable PinnedConnection pin(
      Node node,
      int protocol,
      int database,
      List<byte[]> replayed,
      List<byte[]> held,
      PinnedConnection.Owner owner) {
    UpstreamLink link = node.link();
    if (!link.isPlaceKnown() || !link.pace().tryEnter(System.nanoTime())) {
      return null;
    }
    PinnedConnection made =
        new PinnedConnection(
            flushes,
            link,
            new Greeting(link, protocol, database, replayed, held),
            owner,
            node.listener());
    pinned.add(made);
    made.whenGone(() -> pinned.remove(made));
    return made;
  }

  /** Returns which node takes what. */
  public Topology topology() {
    return topology;
  }

  /** Has what is sent from now on go over connections that are made anew. */
  public void renew() {
    lanes.values().forEach(Lane::renew);
  }

  /**
   * The upstream is elsewhere from now on: every connection there is ends at once, and what is
   * under way on it is lost.
   */
  public void move() {
    topology.view().home().link().pace().succeeded(); // it was of where the upstream had been
    lanes.values().forEach(Lane::move);
    List.copyOf(pinned).forEach(PinnedConnection::loseIfElsewhere);
  }

  /**
   * Some nodes of the cluster may be primaries no more. Connections to those end: at once where
   * they owe nothing, the others after a moment, in which they say who is to be asked instead; one
   * that hangs never does, and when it goes on it would answer as if it still were.
   */
  public void leaveOthers() {
    if (!topology.view().isWhole()) {
      return; // a node of which nothing was heard yet may well be one
    }
    Set<Node> primaries = Set.copyOf(topology.view().primaries());
    lanes.forEach((key, lane) -> {
      if (!primaries.contains(key.node())) {
        lane.renew();
      }
    });
    flushes.loop().schedule(this::abandonOthers, GRACE_MS, TimeUnit.MILLISECONDS);
  }

  private void abandonOthers() {
    Set<Node> primaries = Set.copyOf(topology.view().primaries());
    lanes.forEach((key, lane) -> {
      if (!primaries.contains(key.node())) {
        lane.close();
      }
    });
    Set<UpstreamLink> links = primaries.stream().map(Node::link).collect(Collectors.toSet());
    for (PinnedConnection each : List.copyOf(pinned)) {
      if (!links.contains(each.link())) {
        each.loseIfAwaited();
      }
    }
  }

  /** Closes every lane. */
  public void close() {
    lanes.values().forEach(Lane::close);
  }
}

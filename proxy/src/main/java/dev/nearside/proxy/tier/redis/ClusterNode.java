package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.config.NearsideConfig.Address;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A primary of a cluster, and how its tracked connection finds out that it still is the one to ask.
 * Thread-safe.
 *
 * <p>One that was demoted while it stood still goes on answering for a moment as if it had not
 * been. So its word alone opens no generation: another node is asked as well. From then on it is
 * asked about a name in one of its slots, instead of being pinged, which it answers only while it
 * has that slot and believes that the cluster is well.
 */
final class ClusterNode {
  private static final int MOST_TRIES = 1 << 18;
  private static final List<String> ELSEWHERE =
      List.of("MOVED ", "ASK ", "TRYAGAIN ", "CLUSTERDOWN ");

  /** A name that nobody has a key of. */
  private record Probe(String name, int slot) {
    static Probe of(int number) {
      String name = "nearside:probe:" + number;
      byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
      return new Probe(name, HashSlot.of(bytes, bytes.length));
    }
  }

  private final ClusterMap map;
  private final ClusterWatch watch;
  private final Address address;
  private volatile @Nullable Probe last;

  ClusterNode(ClusterMap map, ClusterWatch watch, Address address) {
    this.map = map;
    this.watch = watch;
    this.address = address;
  }

  Address address() {
    return address;
  }

  /** Returns the name to ask about; where the node has no slot, one that it will say so to. */
  String probe() {
    Probe probe = last;
    ClusterMap.Snapshot now = map.snapshot();
    if (probe == null || !has(now, probe)) {
      probe = find(now);
      last = probe;
    }
    return probe.name;
  }

  private boolean has(ClusterMap.Snapshot now, Probe probe) {
    return address.equals(now.bySlot()[probe.slot]);
  }

  private Probe find(ClusterMap.Snapshot now) {
    Probe probe = Probe.of(0);
    int tries = now.primaries().contains(address) ? MOST_TRIES : 0;
    for (int i = 1; i < tries && !has(now, probe); i++) {
      probe = Probe.of(i);
    }
    return probe;
  }

  /**
   * Returns why an answer to {@link #probe} means that the node is not the one to ask, or null.
   * Where the key is asked for elsewhere because its slot is leaving, the node still has the slot;
   * and the own user may have no right to ask.
   */
  static @Nullable String fault(@Nullable String error) {
    boolean stands = error == null || error.startsWith("ASK ") || error.startsWith("NOPERM");
    return stands ? null : "the node does not answer for its slots: " + error;
  }

  /** Returns whether a node says by {@code error} that somebody else, or later, is to be asked. */
  static boolean isElsewhere(String error) {
    return ELSEWHERE.stream().anyMatch(error::startsWith);
  }

  /** A read of a key was answered with {@code error}. */
  void answered(String error) {
    if (isElsewhere(error)) {
      map.doubt();
    }
  }

  /** Runs {@code then}, on a thread that must not wait, once another node has said who is who. */
  void confirm(Runnable then) {
    watch.confirm(address, then);
  }
}

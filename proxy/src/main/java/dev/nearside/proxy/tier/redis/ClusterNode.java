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
 * has that slot and believes that the cluster is well; for its role, where the own user may not ask
 * about names.
 */
final class ClusterNode {
  /** What it is called in metrics and logs that the node is asked about its slots. */
  static final String CHECK = "slots";

  private static final List<String> ELSEWHERE =
      List.of("MOVED ", "ASK ", "TRYAGAIN ", "CLUSTERDOWN ");

  /** A name that nobody has a key of, for each slot. */
  private static final String[] NAMES = names();

  private record Probe(String name, int slot) {}

  private final ClusterMap map;
  private final ClusterWatch watch;
  private final Address address;
  private volatile @Nullable Probe last;
  private volatile boolean mayProbe = true;

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
    return address.equals(now.owners().of(probe.slot));
  }

  /** The last of its slots: they usually leave in ascending order. */
  private Probe find(ClusterMap.Snapshot now) {
    int slot = HashSlot.COUNT - 1;
    while (slot > 0 && !address.equals(now.owners().of(slot))) {
      slot--;
    }
    return new Probe(NAMES[slot], slot);
  }

  private static String[] names() {
    String[] names = new String[HashSlot.COUNT];
    int left = names.length;
    for (int i = 0; left > 0; i++) {
      String name = "nearside:probe:" + i;
      byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
      int slot = HashSlot.of(bytes, bytes.length);
      left -= names[slot] == null ? 1 : 0;
      names[slot] = name;
    }
    return names;
  }

  /** Returns what a heartbeat asks. */
  List<String> question() {
    return mayProbe ? List.of("EXISTS", probe()) : List.of("ROLE");
  }

  /** The own user may not ask about names like {@link #probe}. */
  void stopProbing() {
    mayProbe = false;
  }

  /**
   * Returns why an answer to {@link #question} means that the node is not the one to ask, or null.
   * Where the name is asked for elsewhere because its slot is leaving, the node still has the slot.
   */
  static @Nullable String fault(Told told) {
    String error = told.error();
    boolean stands = error == null ? !told.word(0).equals("slave") : error.startsWith("ASK ");
    return stands || told.isForbidden()
        ? null
        : "the node does not answer for its slots: " + (error == null ? "a replica" : error);
  }

  /** Returns whether a node says by {@code error} that somebody else, or later, is to be asked. */
  static boolean isElsewhere(String error) {
    return ELSEWHERE.stream().anyMatch(error::startsWith);
  }

  /** Returns the node that {@code error} of {@code from} names for one command, or null. */
  static @Nullable Address askedAt(String error, Address from) {
    String[] words = error.split(" ", -1);
    int colon = words.length == 3 && words[0].equals("ASK") ? words[2].lastIndexOf(':') : -1;
    String port = colon < 0 ? "" : words[2].substring(colon + 1);
    return port.matches("[0-9]{1,5}")
        ? ClusterMap.place(
            words[2].substring(0, colon).replace("?", ""), Integer.parseInt(port), from)
        : null;
  }

  /** A read of a key was answered with {@code error}. */
  void refused(String error) {
    if (isElsewhere(error)) {
      doubt();
    }
  }

  /** It may not be the one to ask any more. */
  void doubt() {
    map.doubt();
  }

  /** Runs {@code then}, on a thread that must not wait, once another node has said who is who. */
  void confirm(Runnable then) {
    watch.confirm(address, then);
  }
}

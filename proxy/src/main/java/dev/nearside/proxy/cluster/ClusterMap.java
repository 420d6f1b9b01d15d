package dev.nearside.proxy.cluster;

import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who has which slot, as the nodes have said last: a redirect counts at once, the whole is told by
 * {@link #update}. Thread-safe, never waits.
 */
public final class ClusterMap {
  /**
   * What is known at a moment.
   *
   * @param bySlot who has which slot; null where nobody is known
   * @param primaries who has any, in the order of their slots; not empty
   * @param home one of them, which stays as long as it can
   */
  @SuppressWarnings("ArrayRecordComponent") // a snapshot, never compared and never changed
  private record Known(
      @Nullable Address[] bySlot, List<Address> primaries, Address home, int version) {}

  /** Held while anything of this changes. */
  private final ReentrantLock changing = new ReentrantLock();

  private volatile Known known;
  private volatile Runnable doubted = () -> {};
  private volatile Runnable changed = () -> {};

  /**
   * Creates the map of a cluster of which nothing is known but where it may be asked.
   *
   * @param seeds some of its nodes
   */
  public ClusterMap(List<Address> seeds) {
    known = new Known(new Address[HashSlot.COUNT], List.copyOf(seeds), seeds.getFirst(), 0);
  }

  /** Has {@code ask} run, on any thread, when {@link #update} is wanted. */
  public void onDoubt(Runnable ask) {
    doubted = ask;
  }

  /** Has {@code then} run, on any thread, after a slot has gone to another node. */
  public void onChange(Runnable then) {
    changed = then;
  }

  /** Returns the node that has {@code slot}, as far as is known, else any. */
  public Address ownerOf(int slot) {
    Known now = known;
    Address owner = slot == HashSlot.NONE ? null : now.bySlot[slot];
    return owner == null ? now.home : owner;
  }

  /** Returns the nodes that have slots, in the order of these; at first, those first named. */
  public List<Address> primaries() {
    return known.primaries;
  }

  /** Returns one of them, which stays as long as it can. */
  public Address home() {
    return known.home;
  }

  /** Returns a number that changes when a slot has gone to another node. */
  public int version() {
    return known.version;
  }

  /** Something is not where it should be. */
  public void doubt() {
    doubted.run();
  }

  /**
   * Takes what a node has told of all slots.
   *
   * @param owners who has which slot; null where nobody does
   */
  public void update(@Nullable Address[] owners) {
    changing.lock();
    try {
      take(owners);
    } finally {
      changing.unlock();
    }
  }

  /** Takes what the node at {@code from} says of one slot, and returns who has it. */
  public Address moved(Redirect.Moved said, Address from) {
    Address owner = place(said.host(), said.port(), from);
    changing.lock();
    try {
      @Nullable Address[] next = known.bySlot.clone();
      next[said.slot()] = owner;
      take(next);
    } finally {
      changing.unlock();
    }
    doubted.run();
    return owner;
  }

  /** Returns the node at {@code host}, which is empty where that is the host of {@code from}. */
  public static Address place(String host, int port, Address from) {
    return new Address(host.isEmpty() ? from.host() : host, port);
  }

  private void take(@Nullable Address[] next) {
    Known before = known;
    if (Arrays.equals(before.bySlot, next)) {
      return;
    }
    Set<Address> primaries = new LinkedHashSet<>();
    for (Address owner : next) {
      if (owner != null) {
        primaries.add(owner);
      }
    }
    if (primaries.isEmpty()) {
      return; // it has been reset, or has never been made: who is asked says so
    }
    Address home = primaries.contains(before.home) ? before.home : primaries.iterator().next();
    known = new Known(next, List.copyOf(primaries), home, before.version + 1);
    changed.run();
  }
}

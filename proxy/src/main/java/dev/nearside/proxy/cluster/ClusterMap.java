package dev.nearside.proxy.cluster;

import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
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
   * @param numbered everybody who ever had any, always at the same index
   * @param home one of the primaries, which stays as long as it can
   * @param version another one when a slot has gone to another node
   * @param isWhole whether it has been told who has what, not only some of it
   */
  @SuppressWarnings("ArrayRecordComponent") // a snapshot, never compared and never changed
  public record Snapshot(
      @Nullable Address[] bySlot,
      List<Address> primaries,
      List<Address> numbered,
      Address home,
      int version,
      boolean isWhole) {
    /** Returns the node that has {@code slot}, as far as is known, else any. */
    public Address ownerOf(int slot) {
      Address owner = slot == HashSlot.NONE ? null : bySlot[slot];
      return owner == null ? home : owner;
    }
  }

  /** Held while anything of this changes. */
  private final ReentrantLock changing = new ReentrantLock();

  private volatile Snapshot known;
  private volatile Runnable doubted = () -> {};
  private Consumer<Snapshot> changed = next -> {};
  private volatile Runnable primariesChanged = () -> {};

  /**
   * Creates the map of a cluster of which nothing is known but where it may be asked.
   *
   * @param seeds some of its nodes
   */
  public ClusterMap(List<Address> seeds) {
    known =
        new Snapshot(
            new Address[HashSlot.COUNT], List.copyOf(seeds), List.of(), seeds.getFirst(), 0, false);
  }

  /** Has {@code ask} run, on any thread, when {@link #update} is wanted. */
  public void onDoubt(Runnable ask) {
    doubted = ask;
  }

  /**
   * Has {@code changed} told what is known now, and what will be from then on, each before anybody
   * else sees it; on threads that must not wait, one at a time.
   */
  public void onChange(Consumer<Snapshot> changed) {
    changing.lock();
    try {
      this.changed = changed;
      changed.accept(known);
    } finally {
      changing.unlock();
    }
  }

  /** Has {@code then} run, on threads that must not wait, when the primaries have become others. */
  public void onOtherPrimaries(Runnable then) {
    primariesChanged = then;
  }

  /** Returns what is known now. */
  public Snapshot snapshot() {
    return known;
  }

  /** Something is not where it should be. */
  public void doubt() {
    doubted.run();
  }

  /**
   * Takes what a node has told of all slots.
   *
   * @param owners who has which slot; null where nobody does, but not of all
   */
  public void update(@Nullable Address[] owners) {
    changing.lock();
    try {
      take(owners, true);
    } finally {
      changing.unlock();
    }
  }

  /** Takes what the node at {@code from} says of one slot, and returns who has it. */
  public Address moved(Redirect.Moved said, Address from) {
    Address owner = place(said.host(), said.port(), from);
    if (!owner.equals(known.bySlot[said.slot()])) {
      changing.lock();
      try {
        @Nullable Address[] next = known.bySlot.clone();
        next[said.slot()] = owner;
        take(next, known.isWhole);
      } finally {
        changing.unlock();
      }
      doubted.run();
    }
    return owner;
  }

  /** Returns the node at {@code host}, which is empty where that is the host of {@code from}. */
  public static Address place(String host, int port, Address from) {
    return new Address(host.isEmpty() ? from.host() : host, port);
  }

  private void take(@Nullable Address[] next, boolean isWhole) {
    Snapshot before = known;
    if (Arrays.equals(before.bySlot, next) && before.isWhole == isWhole) {
      return;
    }
    Set<Address> primaries = primaries(next);
    Set<Address> numbered = new LinkedHashSet<>(before.numbered);
    numbered.addAll(primaries);
    Address home = primaries.contains(before.home) ? before.home : primaries.iterator().next();
    Snapshot now =
        new Snapshot(
            next, List.copyOf(primaries), List.copyOf(numbered), home, before.version + 1, isWhole);
    changed.accept(now);
    known = now;
    if (!now.primaries.equals(before.primaries)) {
      primariesChanged.run();
    }
  }

  @SuppressWarnings("ReferenceEquality") // equal ones are found as well, only later
  private static Set<Address> primaries(@Nullable Address[] bySlot) {
    Set<Address> primaries = new LinkedHashSet<>();
    Address last = null;
    for (Address owner : bySlot) {
      if (owner != null && owner != last) {
        primaries.add(owner);
        last = owner;
      }
    }
    return primaries;
  }
}

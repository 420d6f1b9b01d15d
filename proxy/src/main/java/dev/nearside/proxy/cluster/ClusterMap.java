package dev.nearside.proxy.cluster;

import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
   * @param owners who has which slot
   * @param primaries who has any, in the order of {@code numbered}; not empty
   * @param numbered everybody who ever had any, always at the same index
   * @param home one of the primaries, which stays as long as it can
   * @param version another one when a slot has gone to another node
   * @param isWhole whether it has been told who has what, not only some of it
   */
  public record Snapshot(
      SlotOwners owners,
      List<Address> primaries,
      List<Address> numbered,
      Address home,
      int version,
      boolean isWhole) {
    /** Returns the node that has {@code slot}, as far as is known, else any. */
    public Address ownerOf(int slot) {
      Address owner = slot == HashSlot.NONE ? null : owners.of(slot);
      return owner == null ? home : owner;
    }
  }

  /** Is told of changes, each before anybody else sees it, on threads that must not wait. */
  public interface Listener {
    /** All may have changed; {@code next} is what is known from now on. */
    void changed(Snapshot next);

    /** Of {@code slot} alone somebody else is known to have it, by {@code next}. */
    void moved(int slot, Snapshot next);
  }

  /** Held while anything of this changes. */
  private final ReentrantLock changing = new ReentrantLock();

  /** How many slots each primary has. */
  private final Map<Address, Integer> counts = new HashMap<>();

  private volatile Snapshot known;
  private volatile Runnable doubted = () -> {};
  private final List<Listener> listeners = new ArrayList<>();
  private volatile Runnable primariesChanged = () -> {};

  /**
   * Creates the map of a cluster of which nothing is known but where it may be asked.
   *
   * @param seeds some of its nodes
   */
  public ClusterMap(List<Address> seeds) {
    known =
        new Snapshot(SlotOwners.NOBODY, List.copyOf(seeds), List.of(), seeds.getFirst(), 0, false);
  }

  /** Has {@code ask} run, on any thread, when {@link #update} is wanted. */
  public void onDoubt(Runnable ask) {
    doubted = ask;
  }

  /** Has {@code listener}, too, told what is known now, and of what changes then; one at a time. */
  public void onChange(Listener listener) {
    changing.lock();
    try {
      listeners.add(listener);
      listener.changed(known);
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
  @SuppressWarnings("ReferenceEquality") // these very ones
  public void update(@Nullable Address[] owners) {
    changing.lock();
    try {
      Snapshot before = known;
      SlotOwners next = before.owners.become(owners);
      if (next != before.owners || !before.isWhole) {
        counts.clear();
        next.forEach(owner -> counts.merge(owner, 1, Integer::sum));
        Snapshot now = after(before, next, true);
        listeners.forEach(each -> each.changed(now));
        publish(now);
      }
    } finally {
      changing.unlock();
    }
  }

  /** Takes what the node at {@code from} says of one slot, and returns who has it. */
  public Address moved(Redirect.Moved said, Address from) {
    Address owner = place(said.host(), said.port(), from);
    if (!owner.equals(known.owners.of(said.slot()))) {
      move(said.slot(), owner);
      doubted.run();
    }
    return owner;
  }

  /** Returns the node at {@code host}, which is empty where that is the host of {@code from}. */
  public static Address place(String host, int port, Address from) {
    return new Address(host.isEmpty() ? from.host() : host, port);
  }

  private void move(int slot, Address owner) {
    changing.lock();
    try {
      Snapshot before = known;
      Address old = before.owners.of(slot);
      if (owner.equals(old)) {
        return;
      }
      if (old != null) {
        counts.computeIfPresent(old, (address, count) -> count == 1 ? null : count - 1);
      }
      counts.merge(owner, 1, Integer::sum);
      Snapshot now = after(before, before.owners.with(slot, owner), before.isWhole);
      listeners.forEach(each -> each.moved(slot, now));
      publish(now);
    } finally {
      changing.unlock();
    }
  }

  /** Returns what follows {@code before} now that {@code counts} are those of {@code owners}. */
  private Snapshot after(Snapshot before, SlotOwners owners, boolean isWhole) {
    List<Address> numbered = before.numbered;
    List<Address> primaries = before.primaries;
    if (!counts.keySet().equals(Set.copyOf(primaries)) || numbered.isEmpty()) {
      numbered = numbered(before.numbered, owners);
      primaries = numbered.stream().filter(counts::containsKey).toList();
    }
    Address home = primaries.contains(before.home) ? before.home : primaries.getFirst();
    return new Snapshot(owners, primaries, numbered, home, before.version + 1, isWhole);
  }

  /** Adds who has slots and was not numbered before, in the order of their slots. */
  private static List<Address> numbered(List<Address> before, SlotOwners owners) {
    Set<Address> numbered = new LinkedHashSet<>(before);
    owners.forEach(numbered::add);
    return List.copyOf(numbered);
  }

  private void publish(Snapshot now) {
    Snapshot before = known;
    known = now;
    if (!now.primaries.equals(before.primaries)) {
      primariesChanged.run();
    }
  }
}

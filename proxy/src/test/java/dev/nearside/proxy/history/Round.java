package dev.nearside.proxy.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** One group of keys from its first command to its last. Thread-safe. */
final class Round {
  private static final double QUICK_SHARE = 0.15;
  private static final int QUICK_AHEAD = 5;
  private static final long STEP_NS = 1_000_000;
  private static final long LATE_STEP_NS = 3_000_000;

  /** What came out of a channel or a list. */
  private record Told(int sidecar, int connection, String what, long atNs) {}

  private final Group group;
  private final boolean strict;
  private final AtomicInteger left;
  private final AtomicInteger taken = new AtomicInteger();
  private final Map<Player.Habit, AtomicInteger> quick =
      Map.of(Player.Habit.DIRECT, new AtomicInteger(), Player.Habit.READING, new AtomicInteger());
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger values = new AtomicInteger();
  private final AtomicInteger tellings = new AtomicInteger();
  private final Map<String, Operation> tellers = new ConcurrentHashMap<>();
  private final AtomicInteger asking = new AtomicInteger();
  private final Queue<Told> told = new ConcurrentLinkedQueue<>();
  private final Queue<List<Operation>> played = new ConcurrentLinkedQueue<>();
  private volatile boolean ended;
  private volatile boolean failed;

  /**
   * Creates one that has not begun.
   *
   * @param strict whether the sidecars read its keys as Redis has them, always
   * @param operations about how many it has
   */
  Round(Group group, boolean strict, int operations) {
    this.group = group;
    this.strict = strict;
    this.left = new AtomicInteger(operations);
  }

  Group group() {
    return group;
  }

  /**
   * Waits while clients of a habit that is quick have asked more than their share, and returns
   * whether as many more operations may be asked.
   */
  boolean take(int operations, Player.Habit habit) {
    AtomicInteger own = quick.get(habit);
    if (own != null) {
      while (left.get() > 0 && !ended && own.get() > QUICK_AHEAD + QUICK_SHARE * taken.get()) {
        LockSupport.parkNanos(STEP_NS);
      }
      own.addAndGet(operations);
    }
    taken.addAndGet(operations);
    if (left.getAndAdd(-operations) > 0 && !ended) {
      return true;
    }
    if (habit != Player.Habit.READING || asking.get() == 0 || failed) {
      return false;
    }
    LockSupport.parkNanos(LATE_STEP_NS); // somebody is held up: what is read meanwhile tells most
    return true;
  }

  /** Takes back what was taken, and not executed: while nothing can be, it should not end. */
  void giveBack(int operations, Player.Habit habit) {
    AtomicInteger own = quick.get(habit);
    if (own != null) {
      own.addAndGet(-operations);
    }
    taken.addAndGet(-operations);
    left.addAndGet(operations);
  }

  /** Notes how many clients there are that do not only read. */
  void expect(int clients) {
    asking.set(clients);
  }

  /** Ends it early. */
  void end() {
    ended = true;
    left.set(0);
  }

  /** A client gave up: nobody waits for it. */
  void fail() {
    failed = true;
    end();
  }

  int newConnection() {
    return connections.getAndIncrement();
  }

  /** Returns a value that nothing else writes, until something is added to it often. */
  String newValue() {
    return Integer.toString(1000 * values.incrementAndGet());
  }

  String newTelling() {
    return group.prefix() + tellings.incrementAndGet();
  }

  /** Notes all that one client did. */
  void played(List<Operation> operations, Player.Habit habit) {
    if (habit != Player.Habit.READING) {
      asking.decrementAndGet();
    }
    played.add(operations);
    for (Operation operation : operations) {
      if (operation.steps()[0].verb() == Verb.TELL) {
        tellers.put(operation.steps()[0].text(), operation);
      }
    }
  }

  /** Notes that a connection, or {@link History.Receipt#EVERYBODY}, was told. */
  void received(int sidecar, int connection, String what) {
    told.add(new Told(sidecar, connection, what, System.nanoTime()));
  }

  /** Returns what has happened, once all has. */
  History history(long maxStalenessNs) {
    List<Operation> operations = new ArrayList<>();
    played.forEach(operations::addAll);
    List<History.Receipt> receipts = new ArrayList<>();
    for (Told one : told) {
      Operation teller = tellers.get(one.what());
      if (teller != null && one.sidecar() != Operation.DIRECT) {
        receipts.add(new History.Receipt(one.sidecar(), one.connection(), teller, one.atNs()));
      }
    }
    return new History(operations, connections.get(), receipts, strict ? 0 : maxStalenessNs);
  }
}

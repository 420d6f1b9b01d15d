package dev.nearside.benchmarks.generator;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Chooses what is asked next, for all connections of a thread, or of a cluster for those of them
 * that are on one node. Confined to the thread.
 */
final class Mix {
  private static final long SEED = 7391;
  private static final long NODE_SEED = 1L << 40;

  private final Workload workload;
  private final KeySpace keys;
  private final SplittableRandom random;
  private final @Nullable Zipf zipf;
  private final Exchange main;
  private final Exchange coldRead;
  private final Exchange write;
  private final int coldFrom;
  private final int coldTo;

  /** Of a cluster, the numbers of the hot keys that are on the node; else empty. */
  private final Map<KeyFamily, int[]> onNode = new EnumMap<>(KeyFamily.class);

  private int nextCold;
  private long reads;
  private long coldReads;

  /**
   * Creates a choice.
   *
   * @param part of the load's threads, the one this is for
   */
  Mix(Assignment assignment, int part) {
    this(assignment, part, 0);
  }

  /** As above, of keys on one node of a cluster, the first being 0. */
  Mix(Assignment assignment, int part, int node) {
    Load load = assignment.load();
    workload = load.workload();
    keys = load.keys();
    random =
        new SplittableRandom(
            SEED + (long) assignment.round() * load.threads() + part + NODE_SEED * node);
    zipf = keys.zipfian() ? new Zipf(keys.hot()) : null;
    main = exchange(load);
    coldRead = Exchange.get(KeyFamily.COLD, load.values());
    KeyFamily written = workload == Workload.CHURN ? KeyFamily.HOT : KeyFamily.WRITTEN;
    write = Exchange.set(written, load.values());
    coldFrom = share(part, load);
    coldTo = share(part + 1, load);
    for (Exchange each : List.of(main, write)) {
      if (!assignment.address().nodes().isEmpty()) {
        onNode.computeIfAbsent(each.family(), family -> on(node, family, assignment));
      }
    }
    nextCold = coldFrom + (int) (assignment.coldReads() % Math.max(1, coldTo - coldFrom));
  }

  private static int share(int part, Load load) {
    return (int) ((long) load.keys().cold() * part / load.threads());
  }

  private static int[] on(int node, KeyFamily family, Assignment assignment) {
    return IntStream.range(0, assignment.load().keys().hot())
        .filter(number -> assignment.address().nodeOf(family.key(number)) == node)
        .toArray();
  }

  private static Exchange exchange(Load load) {
    Values values = load.values();
    return switch (load.workload()) {
      case READ, MIXED, CHURN -> Exchange.get(KeyFamily.HOT, values);
      case INCR -> Exchange.incr();
      case GET_SET -> Exchange.get(KeyFamily.HOT, values).then(Exchange.set(KeyFamily.HOT, values));
      case EVAL -> Exchange.eval(values);
      case MULTI -> Exchange.multi(values);
    };
  }

  /** Returns what is to be asked; {@link #digits} says of which key. */
  Exchange draw() {
    Exchange drawn =
        switch (workload) {
          case READ -> read();
          case MIXED, CHURN -> random.nextDouble() < workload.reads() ? read() : write;
          case INCR, GET_SET, EVAL, MULTI -> main;
        };
    reads += drawn.reads();
    return drawn;
  }

  private Exchange read() {
    return keys.hotReads() == 1 || random.nextDouble() < keys.hotReads() ? main : coldRead;
  }

  /** Returns the digits of the number of a key for what was drawn. */
  long digits(Exchange drawn) {
    int[] choice = onNode.get(drawn.family());
    if (choice != null) {
      return Numbers.digits(choice[random.nextInt(choice.length)]);
    }
    return Numbers.digits(drawn.isCold() ? coldNumber() : hotNumber());
  }

  private int coldNumber() {
    coldReads++;
    int number = nextCold++;
    if (nextCold == coldTo) {
      nextCold = coldFrom;
    }
    return number;
  }

  private int hotNumber() {
    return zipf == null ? random.nextInt(keys.hot()) : zipf.next(random);
  }

  /** Returns the length of the longest request that can be drawn, its follower included. */
  int longest() {
    Exchange next = main.follower();
    int follower = next == null ? 0 : next.length();
    boolean writes = workload == Workload.MIXED || workload == Workload.CHURN;
    int others = writes ? write.length() : 0;
    int reads = Math.max(main.length(), coldRead.length());
    return Math.max(reads, Math.max(follower, others));
  }

  /** Returns how many cold keys were drawn so far. */
  long coldReads() {
    return coldReads;
  }

  /** Returns how many GETs were drawn so far. */
  long reads() {
    return reads;
  }
}

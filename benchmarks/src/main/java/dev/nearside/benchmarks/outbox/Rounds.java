package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.coherence.Poll;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Kills, restarts and checks, round after round. Confined to one thread. */
final class Rounds {
  private static final int MOST_MS = 300;
  private static final int SURELY_EVERY = 10;
  private static final Duration BACK_WITHIN = Duration.ofSeconds(60);
  private static final Duration EMPTY_WITHIN = Duration.ofSeconds(60);
  private static final Duration MAYBE_EMPTY_WITHIN = Duration.ofSeconds(1);

  private final Site site;
  private final PrintStream progress;
  private final Random random;
  private final Violations violations = new Violations();
  private final Map<String, List<Double>> backMs = new TreeMap<>();
  private final List<Double> emptyMs = new ArrayList<>();
  private int moves;

  Rounds(Site site, PrintStream progress, long seed) {
    this.site = site;
    this.progress = progress;
    this.random = new Random(seed);
  }

  /**
   * What came of them.
   *
   * @param backMs from the kill until both sidecars had acknowledged a write of each primary again,
   *     by what was killed, one for each round
   * @param moves of slots, meanwhile
   * @param emptyMs for how long the outbox still had something when the clients were halted
   * @param checks how often everything was compared
   * @param applied changes of rows
   */
  record Outcome(
      Map<String, List<Double>> backMs,
      int moves,
      List<Double> emptyMs,
      int checks,
      long applied,
      Tally tally,
      Violations violations) {}

  /** Plays them; what they cannot go on after is a violation, too. */
  Outcome run(int rounds) throws InterruptedException {
    try (Load load = Load.start(site, random.nextLong())) {
      Audit audit = new Audit(site, load, violations);
      try {
        load.flow().watch(System.nanoTime());
        flowing(load);
        for (int round = 1; round <= rounds; round++) {
          violations.in(round);
          strike(load, round);
          settle(load, audit, round % SURELY_EVERY == 0 || round == rounds);
        }
      } catch (IOException | ServerException e) {
        violations.add("the rounds cannot go on: " + e.getMessage());
      }
      return new Outcome(
          backMs, moves, emptyMs, audit.made(), audit.applied(), load.tally(), violations);
    }
  }

  private static double flowing(Load load) throws IOException, InterruptedException {
    Poll.until("both sidecars acknowledge writes", BACK_WITHIN, () -> load.flow().isBack());
    load.check();
    return load.flow().ms();
  }

  private void strike(Load load, int round) throws IOException, InterruptedException {
    if (site.upstream() instanceof ClusterUpstream cluster) {
      Stream<String> keys = load.keys().stream().map(WrittenKey::name);
      try (SlotMover mover = SlotMover.start(cluster, keys, random.nextLong())) {
        crash(load, round);
        moves += mover.end();
      }
    } else {
      crash(load, round);
    }
  }

  private void crash(Load load, int round) throws IOException, InterruptedException {
    Poll.pause(Duration.ofMillis(random.nextInt(MOST_MS)));
    Set<Victim> victims = Victim.choose(random);
    int primary = random.nextInt(site.upstream().primaries());
    for (Victim victim : victims) {
      site.kill(victim, primary);
    }
    load.flow().watch(System.nanoTime());
    for (Victim victim : victims) {
      site.restart(victim, primary);
    }
    double ms = flowing(load);
    String names = victims.stream().map(Victim::label).collect(Collectors.joining(" and "));
    backMs.computeIfAbsent(names, name -> new ArrayList<>()).add(ms);
    progress.printf("  round %d: %s, writes again after %.0f ms%n", round, names, ms);
  }

  /** Compares, unless the outbox does not get empty at once and {@code surely} does not say so. */
  private void settle(Load load, Audit audit, boolean surely)
      throws IOException, InterruptedException {
    load.halt();
    try {
      if (isEmpty(surely)) {
        audit.run();
      }
    } finally {
      load.resume();
    }
  }

  private boolean isEmpty(boolean surely) throws IOException, InterruptedException {
    try {
      Duration limit = surely ? EMPTY_WITHIN : MAYBE_EMPTY_WITHIN;
      emptyMs.add(Poll.until("the outbox is empty", limit, () -> site.waiting() == 0));
      return true;
    } catch (IOException e) {
      if (surely) {
        throw e;
      }
      return false; // whoever was killed had the drain; the next round begins with what is left
    }
  }
}

package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.coherence.Poll;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Stops PostgreSQL under a load that goes on, and starts it again much later. Confined to one
 * thread.
 */
final class Outage {
  /** A client's, besides those it deletes: the outbox has each key once. */
  private static final int SET_KEYS = 250;

  /** Behind those of the rounds. */
  private static final long FIRST_KEY = 1_000;

  private static final Duration LONGEST_BESIDE = Duration.ofSeconds(10);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);
  private static final Duration WITHIN = Duration.ofSeconds(60);

  private final Site site;
  private final PrintStream progress;
  private final long seed;
  private final Violations violations = new Violations();
  private final Map<String, Counts> phases = new LinkedHashMap<>();
  private long usual;
  private long deepest;
  private double drainedMs = Double.NaN;

  Outage(Site site, PrintStream progress, long seed) {
    this.site = site;
    this.progress = progress;
    this.seed = seed;
  }

  /**
   * What came of it.
   *
   * @param keys how many are written
   * @param phases what clients were told before it, in it and after it
   * @param usual the most keys that waited in the outbox before it
   * @param deepest the most that ever did
   * @param drainedMs from when the database was back until no more waited than is usual
   * @param applied changes of rows, compared with what clients were told
   */
  record Outcome(
      int keys,
      Map<String, Counts> phases,
      long usual,
      long deepest,
      double drainedMs,
      long applied,
      Tally tally,
      Reads reads,
      Violations violations) {}

  /** Plays it; what it cannot go on after is a violation, too. */
  Outcome run(Duration away) throws IOException, InterruptedException {
    site.fill(Reader.ROWS);
    try (Load load = Load.start(site, seed, FIRST_KEY, SET_KEYS);
        Reader reader = Reader.start(site, load.keys(), seed)) {
      Audit audit = new Audit(site, load, violations);
      try {
        play(load, reader, away);
        settle(load, audit);
      } catch (IOException | ServerException e) {
        violations.add("it cannot go on: " + e.getMessage());
      }
      if (reader.wrong() > 0) {
        violations.add(
            reader.wrong() + " reads of rows that nobody writes were not what they hold");
      }
      return new Outcome(
          load.keys().size(),
          phases,
          usual,
          deepest,
          drainedMs,
          audit.applied(),
          load.tally(),
          reader.reads(),
          violations);
    }
  }

  private void play(Load load, Reader reader, Duration away)
      throws IOException, InterruptedException {
    load.flow().watch(System.nanoTime());
    Poll.until("both sidecars acknowledge writes", WITHIN, () -> load.flow().isBack());
    Duration beside = away.compareTo(LONGEST_BESIDE) < 0 ? away : LONGEST_BESIDE;

    Counts began = Counts.now(load.tally(), reader.reads());
    lookFor(beside);
    usual = deepest;
    Counts stopped = end("before", began, load, reader);
    site.postgres().stop();
    lookFor(away);
    site.postgres().restart();
    Counts back = end("away", stopped, load, reader);
    drainedMs = Poll.until("no more waits than before", WITHIN, () -> look() <= usual);
    lookFor(beside);
    end("back", back, load, reader);
    load.check();
  }

  private Counts end(String phase, Counts began, Load load, Reader reader) {
    Counts now = Counts.now(load.tally(), reader.reads());
    Counts told = now.since(began);
    phases.put(phase, told);
    progress.printf(
        "  %s: %.0f s, %d writes acknowledged%n", phase, told.seconds(), told.acknowledged());
    return now;
  }

  private void lookFor(Duration time) throws IOException {
    long untilNs = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - untilNs < 0) {
      look();
      Poll.pause(BETWEEN_LOOKS);
    }
  }

  private long look() throws IOException {
    long waiting = site.waiting();
    deepest = Math.max(deepest, waiting);
    return waiting;
  }

  private void settle(Load load, Audit audit) throws IOException, InterruptedException {
    load.halt();
    try {
      Poll.until("the outbox is empty", WITHIN, () -> site.waiting() == 0);
      audit.run();
    } finally {
      load.resume();
    }
  }
}

package dev.nearside.benchmarks.database;

import dev.nearside.benchmarks.coherence.Poll;
import dev.nearside.benchmarks.coherence.Quantiles;
import dev.nearside.benchmarks.report.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.HdrHistogram.Histogram;

/** Writes through the sidecar and by pgbench, in turns. Confined to one thread. */
final class WriteRace {
  private static final int CLIENTS = 50;
  private static final double TARGET = 5;
  private static final Duration DRAINED_WITHIN = Duration.ofMinutes(5);

  private final Site site;
  private final DatabaseRun.Size size;
  private final PrintStream progress;

  WriteRace(Site site, DatabaseRun.Size size, PrintStream progress) {
    this.site = site;
    this.size = size;
    this.progress = progress;
  }

  /**
   * What one round of one of them found; for pgbench without percentiles.
   *
   * @param refused writes a second, because the outbox was full
   * @param depth keys that the database had not taken at the end
   * @param drainSeconds how long it took to take them
   * @param generatorUs CPU of the clients for each write, as the others are of servers
   */
  record Round(
      double perSecond,
      double meanMs,
      double p99Ms,
      double refused,
      double depth,
      double drainSeconds,
      double nearsideUs,
      double redisUs,
      double postgresUs,
      double generatorUs) {}

  private interface Turn {
    Round run(int seconds) throws IOException, InterruptedException;
  }

  private record Runner(String name, Turn turn, List<Round> rounds) {
    Runner(String name, Turn turn) {
      this(name, turn, new ArrayList<>());
    }

    double median(Function<Round, Double> measure) {
      return Quantiles.of(rounds.stream().map(measure).toList()).median();
    }
  }

  Table run() throws IOException, InterruptedException {
    List<Runner> runners =
        List.of(
            new Runner("pgbench -N -M prepared, 50 clients", this::pgbench),
            behind(50, 1),
            behind(500, 1),
            behind(50, 32),
            new Runner(
                "nearside, write: through, 50 connections",
                seconds -> nearside(Accounts.Way.THROUGH, 50, 1, seconds)));
    round(runners, 0, Math.toIntExact(size.first().toSeconds()));
    runners.forEach(runner -> runner.rounds.clear());
    for (int round = 1; round <= size.rounds(); round++) {
      round(runners, round, size.seconds());
    }
    return table(runners);
  }

  private Runner behind(int clients, int pipeline) {
    String name = "nearside, write: behind, " + clients + " connections";
    return new Runner(
        pipeline == 1 ? name : name + ", pipeline " + pipeline,
        seconds -> nearside(Accounts.Way.BEHIND, clients, pipeline, seconds));
  }

  private void round(List<Runner> runners, int round, int seconds)
      throws IOException, InterruptedException {
    List<Runner> order = new ArrayList<>(runners);
    if (round % 2 == 0) {
      Collections.reverse(order);
    }
    for (Runner runner : order) {
      Round found = runner.turn.run(seconds);
      runner.rounds.add(found);
      progress.printf(
          Locale.ROOT,
          "  round %d, %-52s %,8.0f writes/s, p99 %.1f ms, outbox %,.0f keys, empty in %.1f s%n",
          round,
          runner.name,
          found.perSecond,
          found.p99Ms,
          found.depth,
          found.drainSeconds);
    }
  }

  private Round pgbench(int seconds) throws IOException {
    Site.Cpu before = site.cpu();
    Pgbench.Outcome outcome = site.pgbench().simpleUpdate(CLIENTS, seconds);
    Site.Cpu after = site.cpu();
    double writes = outcome.rowsPerSecond() * seconds;
    double postgresUs = (after.postgres() - before.postgres()) * 1e6 / writes;
    double nan = Double.NaN;
    return new Round(
        outcome.rowsPerSecond(), outcome.meanMs(), nan, 0, 0, 0, 0, 0, postgresUs, nan);
  }

  private Round nearside(Accounts.Way way, int clients, int pipeline, int seconds)
      throws IOException, InterruptedException {
    try (WriteLoop loop =
        new WriteLoop(site.nearside().port(), clients, pipeline, way, size.rows())) {
      loop.begin();
      loop.run(size.warmup().toNanos());
      loop.latencies().reset();
      long refusedBefore = loop.refused();
      Site.Cpu before = site.cpu();
      long beganNs = System.nanoTime();
      double writes = loop.run(TimeUnit.SECONDS.toNanos(seconds));
      double elapsed = (System.nanoTime() - beganNs) / 1e9;
      Site.Cpu after = site.cpu();
      double refused = (loop.refused() - refusedBefore) / elapsed;
      Histogram latencies = loop.latencies().copy();
      loop.end();
      double depth = site.waiting();
      double drainMs = Poll.until("the outbox is empty", DRAINED_WITHIN, () -> site.waiting() == 0);
      return new Round(
          writes / elapsed,
          latencies.getMean() / 1e6,
          latencies.getValueAtPercentile(99) / 1e6,
          refused,
          depth,
          drainMs / 1e3,
          (after.nearside() - before.nearside()) * 1e6 / writes,
          (after.redis() - before.redis()) * 1e6 / writes,
          (after.postgres() - before.postgres()) * 1e6 / writes,
          (after.ourselves() - before.ourselves()) * 1e6 / writes);
    }
  }

  private Table table(List<Runner> runners) {
    Table table =
        new Table(
            "Rows written",
            "Writes of random rows of %,d, one at a time by each client, or as many as the pipeline"
                    .formatted(size.rows())
                + " is long; values are as long as"
                + " pgbench's rows, whose transaction updates a row, reads it and inserts another."
                + " PostgreSQL has `fsync=on`, Redis `appendfsync always`. Acknowledged writes are"
                + " counted; refused are those that find the outbox full. What the database has not"
                + " taken at the end of a round it takes before the next. Target: behind at least 5"
                + " times the transactions/s of pgbench -N.",
            "who",
            "writes/s",
            "× -N",
            "mean ms",
            "p99 ms",
            "refused/s",
            "outbox at the end, keys",
            "empty after s",
            "CPU of Nearside µs/write",
            "of Redis",
            "of PostgreSQL",
            "of the clients",
            "target");
    for (Runner runner : runners) {
      row(table, runner, runners.getFirst().median(Round::perSecond));
    }
    return table;
  }

  private static void row(Table table, Runner runner, double perSecondOfPgbench) {
    double ratio = runner.median(Round::perSecond) / perSecondOfPgbench;
    boolean hasTarget = runner.name.contains("behind");
    table.row(
        runner.name,
        number("%,.0f", runner.median(Round::perSecond)),
        number("%.2f", ratio),
        number("%.2f", runner.median(Round::meanMs)),
        number("%.2f", runner.median(Round::p99Ms)),
        number("%,.0f", runner.median(Round::refused)),
        number("%,.0f", runner.median(Round::depth)),
        number("%.1f", runner.median(Round::drainSeconds)),
        number("%.1f", runner.median(Round::nearsideUs)),
        number("%.1f", runner.median(Round::redisUs)),
        number("%.1f", runner.median(Round::postgresUs)),
        number("%.1f", runner.median(Round::generatorUs)),
        hasTarget ? ratio >= TARGET ? "met" : "not met" : "");
    for (Round round : runner.rounds) {
      table.raw(runner.name + ", writes/s", round.perSecond);
      table.raw(runner.name + ", mean ms", round.meanMs);
      table.raw(runner.name + ", outbox at the end, keys", round.depth);
      table.raw(runner.name + ", empty after s", round.drainSeconds);
    }
  }

  private static String number(String format, double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, format, value);
  }
}

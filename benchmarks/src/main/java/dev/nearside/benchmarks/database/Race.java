package dev.nearside.benchmarks.database;

import dev.nearside.benchmarks.report.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** The sidecar and pgbench in turns. Confined to one thread. */
final class Race {
  private static final int CLIENTS = 50;
  private static final String QUERIES = "nearside_database_queries_total";
  private static final double TARGET = 2;

  private final Site site;
  private final DatabaseRun.Size size;
  private final PrintStream progress;
  private long turn;

  Race(Site site, DatabaseRun.Size size, PrintStream progress) {
    this.site = site;
    this.size = size;
    this.progress = progress;
  }

  /** What one round of one of them found; for pgbench without percentiles. */
  record Round(
      double rowsPerSecond,
      double meanMs,
      double p50Ms,
      double p99Ms,
      double maxMs,
      double rowsPerStatement,
      double nearsideUs,
      double redisUs,
      double postgresUs) {}

  private interface Turn {
    Round run(int seconds) throws IOException, InterruptedException;
  }

  private record Runner(String name, Turn turn, List<Round> rounds) {
    Runner(String name, Turn turn) {
      this(name, turn, new ArrayList<>());
    }

    double median(ToDoubleFunction<Round> measure) {
      double[] sorted = rounds.stream().mapToDouble(measure).sorted().toArray();
      int middle = sorted.length / 2;
      return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
  }

  Table run() throws IOException, InterruptedException {
    List<Runner> runners =
        List.of(
            new Runner(
                "pgbench -S -M prepared, 50 clients",
                seconds -> pgbench(() -> site.pgbench().own(CLIENTS, seconds), seconds)),
            new Runner(
                "pgbench -M prepared, the same table, 50 clients",
                seconds ->
                    pgbench(() -> site.pgbench().script(site.script(), CLIENTS, seconds), seconds)),
            new Runner("nearside, 50 connections", seconds -> nearside(50, 1, seconds)),
            new Runner("nearside, 500 connections", seconds -> nearside(500, 1, seconds)),
            new Runner(
                "nearside, 50 connections, pipeline 32", seconds -> nearside(50, 32, seconds)));
    round(runners, 0, Math.toIntExact(size.first().toSeconds()));
    runners.forEach(runner -> runner.rounds.clear());
    for (int round = 1; round <= size.rounds(); round++) {
      round(runners, round, size.seconds());
    }
    return table(runners);
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
          "  round %d, %-50s %,8.0f rows/s, p99 %.1f ms, %.1f rows a statement%n",
          round, runner.name, found.rowsPerSecond, found.p99Ms, found.rowsPerStatement);
    }
  }

  private interface Bench {
    Pgbench.Outcome run();
  }

  private Round pgbench(Bench bench, int seconds) throws IOException {
    Site.Cpu before = site.cpu();
    Pgbench.Outcome outcome = bench.run();
    Site.Cpu after = site.cpu();
    double rows = outcome.rowsPerSecond() * seconds;
    return new Round(
        outcome.rowsPerSecond(),
        outcome.meanMs(),
        Double.NaN,
        Double.NaN,
        Double.NaN,
        1,
        0,
        0,
        (after.postgres() - before.postgres()) * 1e6 / rows);
  }

  private Round nearside(int clients, int pipeline, int seconds)
      throws IOException, InterruptedException {
    site.forget();
    try (ReadLoop loop =
        new ReadLoop(site.nearside().port(), clients, pipeline, size.rows(), turn)) {
      loop.begin();
      loop.run(size.warmup().toNanos());
      loop.latencies().reset();
      double queries = site.nearside().metric(QUERIES);
      Site.Cpu before = site.cpu();
      long beganNs = System.nanoTime();
      long rows = loop.run(TimeUnit.SECONDS.toNanos(seconds));
      double elapsed = (System.nanoTime() - beganNs) / 1e9;
      Site.Cpu after = site.cpu();
      double statements = site.nearside().metric(QUERIES) - queries;
      var latencies = loop.latencies().copy();
      long next = loop.end();
      requireDistinct(next);
      return new Round(
          rows / elapsed,
          latencies.getMean() / 1e6,
          latencies.getValueAtPercentile(50) / 1e6,
          latencies.getValueAtPercentile(99) / 1e6,
          latencies.getMaxValue() / 1e6,
          rows / statements,
          (after.nearside() - before.nearside()) * 1e6 / rows,
          (after.redis() - before.redis()) * 1e6 / rows,
          (after.postgres() - before.postgres()) * 1e6 / rows);
    }
  }

  /** All keys of a round are others: what Redis has of earlier rounds is flushed before it. */
  private void requireDistinct(long next) throws IOException {
    if (next - turn > size.rows()) {
      throw new IOException("a round read more rows than there are: give more with --rows");
    }
    turn = next;
  }

  private Table table(List<Runner> runners) {
    Table table =
        new Table(
            "Distinct keys, read through",
            "Nearside answers each key once: not in L1, not in Redis, one statement for the misses"
                + " that wait, the value into Redis under a lease. pgbench selects one random row a"
                + " statement and tells no percentiles. Targets: at least 2 times the rows/s of"
                + " pgbench -S, p99 below 50 ms.",
            "who",
            "rows/s",
            "× -S",
            "× same table",
            "mean ms",
            "p50 ms",
            "p99 ms",
            "max ms",
            "rows per statement",
            "CPU of Nearside µs/row",
            "of Redis",
            "of PostgreSQL",
            "target");
    for (Runner runner : runners) {
      row(table, runner, runners);
    }
    return table;
  }

  private static void row(Table table, Runner runner, List<Runner> runners) {
    double ratio =
        runner.median(Round::rowsPerSecond) / runners.get(0).median(Round::rowsPerSecond);
    double same = runner.median(Round::rowsPerSecond) / runners.get(1).median(Round::rowsPerSecond);
    boolean peer = runner.name.startsWith("pgbench");
    boolean met = ratio >= TARGET && runner.median(Round::p99Ms) < 50;
    table.row(
        runner.name,
        number("%,.0f", runner.median(Round::rowsPerSecond)),
        number("%.2f", ratio),
        number("%.2f", same),
        number("%.2f", runner.median(Round::meanMs)),
        number("%.2f", runner.median(Round::p50Ms)),
        number("%.2f", runner.median(Round::p99Ms)),
        number("%.1f", runner.median(Round::maxMs)),
        number("%.1f", runner.median(Round::rowsPerStatement)),
        peer ? "" : number("%.1f", runner.median(Round::nearsideUs)),
        peer ? "" : number("%.1f", runner.median(Round::redisUs)),
        number("%.1f", runner.median(Round::postgresUs)),
        peer ? "" : met ? "met" : "not met");
    for (Round round : runner.rounds) {
      table.raw(runner.name + ", rows/s", round.rowsPerSecond);
      table.raw(runner.name + ", mean ms", round.meanMs);
      if (!peer) {
        table.raw(runner.name + ", p99 ms", round.p99Ms);
        table.raw(runner.name + ", CPU of Nearside µs/row", round.nearsideUs);
        table.raw(runner.name + ", CPU of Redis µs/row", round.redisUs);
      }
      table.raw(runner.name + ", CPU of PostgreSQL µs/row", round.postgresUs);
    }
  }

  private static String number(String format, double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, format, value);
  }
}

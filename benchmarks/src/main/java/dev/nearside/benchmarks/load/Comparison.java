package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Assignment;
import dev.nearside.benchmarks.generator.Load;
import dev.nearside.benchmarks.generator.Round;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One load on every contestant, in rounds that alternate between them. */
final class Comparison {
  private final List<Contestant> contestants;
  private final LoadGenerator generator;
  private final RunOptions options;
  private final PrintStream progress;

  Comparison(
      List<Contestant> contestants,
      LoadGenerator generator,
      RunOptions options,
      PrintStream progress) {
    this.contestants = contestants;
    this.generator = generator;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Runs what nobody looks at, which Nearside alone has need of: the hot keys alone where the load
   * has cold ones, too, so that memory holds them, and a round that compiles what is to be
   * compiled. Then come the rounds that count; every second one goes through the contestants
   * backwards.
   *
   * @throws IOException if a server or the generator fails, a reply was wrong, or what was counted
   *     up is not at Redis
   */
  List<Series> run(Trial trial) throws IOException, InterruptedException {
    warmUp(trial.load().lasting(Duration.ZERO, options.first()));
    Load load = trial.load().lasting(options.warmup(), options.measured());
    List<Tally> tallies = new ArrayList<>();
    for (Contestant contestant : contestants) {
      tallies.add(new Tally(contestant));
    }
    for (int i = 1; i <= options.rounds(); i++) {
      List<Tally> order = new ArrayList<>(tallies);
      if (i % 2 == 0) {
        Collections.reverse(order);
      }
      for (Tally tally : order) {
        Round round = round(tally.contestant, load, i);
        tally.rounds.add(round);
        report(trial, i, tally.contestant, round);
      }
    }
    for (Tally tally : tallies) {
      tally.end();
    }
    List<Series> series = new ArrayList<>();
    for (Tally tally : tallies) {
      series.add(tally.series());
    }
    return series;
  }

  private void warmUp(Load load) throws IOException, InterruptedException {
    double hotReads = load.keys().hotReads();
    for (Contestant contestant : contestants) {
      if (contestant.entrant().peer() != Peer.NEARSIDE) {
        continue;
      }
      if (hotReads > 0 && hotReads < 1) {
        round(contestant, load.ofHotKeys(), 0);
      }
      round(contestant, load, 0);
    }
  }

  /**
   * Returns the series of this trial with what Nearside's event loops allocate under its load,
   * which takes a round more.
   *
   * @param series those of {@link #run}, in order
   * @throws IOException if a server or the generator fails
   */
  List<Series> withAllocation(Trial trial, List<Series> series)
      throws IOException, InterruptedException {
    Load load = trial.load().lasting(options.warmup(), options.measured());
    List<Series> all = new ArrayList<>();
    for (int i = 0; i < contestants.size(); i++) {
      Contestant contestant = contestants.get(i);
      if (contestant.entrant().peer() == Peer.NEARSIDE) {
        all.add(series.get(i).allocating(allocated(contestant, load)));
      } else {
        all.add(series.get(i));
      }
    }
    return all;
  }

  private double allocated(Contestant contestant, Load load)
      throws IOException, InterruptedException {
    return new Allocation(generator)
        .bytesPerRequest(
            contestant.pids().getFirst(), assignment(contestant, load, options.rounds() + 1));
  }

  private static Assignment assignment(Contestant contestant, Load load, int round) {
    return new Assignment(
        load, contestant.address(), contestant.pids(), round, contestant.coldReads());
  }

  private Round round(Contestant contestant, Load load, int number)
      throws IOException, InterruptedException {
    Assignment assignment = assignment(contestant, load, number);
    int increments = load.workload().increments();
    try {
      long before = increments == 0 ? 0 : contestant.counted();
      Round round = contestant.gathered(generator.run(assignment));
      contestant.readCold(round.coldReads());
      if (increments > 0) {
        requireCounted(round.totalRequests() * increments, contestant.counted() - before);
      }
      return round;
    } catch (IOException e) {
      throw new IOException(contestant.name() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Compares what clients counted up with what is at Redis.
   *
   * @throws IOException if that is not the same
   */
  static void requireCounted(long sent, long counted) throws IOException {
    if (sent != counted) {
      throw new IOException(
          "clients counted up by %d, the counters at Redis by %d".formatted(sent, counted));
    }
  }

  private void report(Trial trial, int number, Contestant contestant, Round round) {
    progress.printf(
        "  %s, round %d, %-10s %,10.0f requests/s, CPU %.2f µs%n",
        trial.title(), number, contestant.name(), round.requestsPerSecond(), round.cpuUs(0));
  }

  private static final class Tally {
    private final Contestant contestant;
    private final List<Round> rounds = new ArrayList<>();
    private long readsAtRedis;
    private long fillsAtRedis;

    Tally(Contestant contestant) throws IOException {
      this.contestant = contestant;
      readsAtRedis = -readsAt(contestant);
      fillsAtRedis = -contestant.executed("pttl");
    }

    /** A GET whose key is not to be held may reach Redis as GETEX. */
    private static long readsAt(Contestant contestant) throws IOException {
      return contestant.executed("get") + contestant.executed("getex");
    }

    /** All rounds were run. */
    void end() throws IOException {
      readsAtRedis += readsAt(contestant);
      fillsAtRedis += contestant.executed("pttl");
    }

    Series series() {
      long reads = rounds.stream().mapToLong(Round::totalReads).sum();
      return new Series(
          contestant.name(), List.copyOf(rounds), reads, readsAtRedis, fillsAtRedis, null);
    }
  }
}

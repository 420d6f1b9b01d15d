package dev.nearside.benchmarks.load;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One load on every contestant, in rounds that alternate between them. */
final class Comparison {
  private final List<Contestant> contestants;
  private final PrintStream progress;

  Comparison(List<Contestant> contestants, PrintStream progress) {
    this.contestants = contestants;
    this.progress = progress;
  }

  /**
   * Runs a round nobody looks at, which compiles and fills what is to be compiled and filled, then
   * the rounds that count; every second one goes through the contestants backwards.
   *
   * @throws IOException if a server or the generator fails, or a reply was an error
   */
  List<Series> run(Load load, int rounds) throws IOException, InterruptedException {
    for (Contestant contestant : contestants) {
      round(contestant, load);
    }
    List<Tally> tallies = new ArrayList<>();
    for (Contestant contestant : contestants) {
      tallies.add(new Tally(contestant, contestant.executed(load.operation())));
    }
    for (int i = 1; i <= rounds; i++) {
      List<Tally> order = new ArrayList<>(tallies);
      if (i % 2 == 0) {
        Collections.reverse(order);
      }
      for (Tally tally : order) {
        Round round = round(tally.contestant, load);
        tally.rounds.add(round);
        progress.printf(
            "  %s, pipeline %d, round %d, %-10s %,10.0f requests/s%n",
            load.operation(),
            load.pipeline(),
            i,
            tally.contestant.name(),
            round.requestsPerSecond());
      }
    }
    List<Series> series = new ArrayList<>();
    for (Tally tally : tallies) {
      series.add(tally.series(load.operation()));
    }
    return series;
  }

  private static Round round(Contestant contestant, Load load)
      throws IOException, InterruptedException {
    Round round = Generator.inOwnProcess(load.on(contestant.port(), contestant.pids()));
    if (round.errors() > 0 || round.requests() == 0) {
      throw new IOException(
          contestant.name()
              + " answered "
              + round.requests()
              + " requests, "
              + round.errors()
              + " of all with an error");
    }
    return round;
  }

  private static final class Tally {
    private final Contestant contestant;
    private final long executedBefore;
    private final List<Round> rounds = new ArrayList<>();

    Tally(Contestant contestant, long executedBefore) {
      this.contestant = contestant;
      this.executedBefore = executedBefore;
    }

    Series series(Load.Operation operation) throws IOException {
      long executed = contestant.executed(operation) - executedBefore;
      long asked = rounds.stream().mapToLong(Round::totalRequests).sum();
      return new Series(contestant.name(), List.copyOf(rounds), 1 - (double) executed / asked);
    }
  }
}

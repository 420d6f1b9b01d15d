package dev.nearside.proxy.parity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Sends one random stream of commands to both servers of an arena, to its end or a difference. */
final class ParityRun {
  private static final int PATIENCE_MS = 20_000;
  private static final int SHORT_PATIENCE_MS = 1_000;
  private static final int SHOWN_TURNS = 60;
  private static final int DATABASES = 3;
  private static final int TURNS_BETWEEN_RESTS = 100;

  private final Arena arena;
  private final Scenario scenario;
  private final List<String> payloads;

  ParityRun(Arena arena, Scenario scenario) throws IOException {
    this.arena = arena;
    this.scenario = scenario;
    this.payloads = arena.payloads();
  }

  /**
   * Sends at least {@code commands} commands.
   *
   * @throws AssertionError if the servers differ; it says how to play that again, and as little as
   *     was found to show it
   */
  Outcome play(long commands) throws IOException {
    long localBefore = arena.localReads();
    long readsBefore = arena.reads();
    arena.clear();
    CommandStream stream = new CommandStream(scenario, payloads);
    try (Duel duel = arena.duel(PATIENCE_MS)) {
      while (duel.tally().commands() < commands) {
        playOne(duel, stream.next());
      }
      playOne(duel, last());
      arena.checkAtRest();
      return new Outcome(
          scenario,
          arena.program().version(),
          duel.tally(),
          arena.localReads() - localBefore,
          arena.reads() - readsBefore);
    }
  }

  private void playOne(Duel duel, Turn turn) throws IOException {
    try {
      duel.play(turn);
      if (duel.tally().turns() % TURNS_BETWEEN_RESTS == 0) {
        arena.checkAtRest();
      }
    } catch (Difference difference) {
      throw new AssertionError(
          "%s%n%s%n%s".formatted(difference.getMessage(), again(), small(duel)), difference);
    } catch (IOException e) {
      throw new AssertionError(e.getMessage() + "\n" + again(), e);
    }
  }

  /** What is left in the end must be the same, too. */
  private static Turn last() {
    List<Command> commands = new ArrayList<>();
    for (int database = 0; database < DATABASES; database++) {
      commands.add(Command.of("SELECT", Integer.toString(database)));
      commands.add(Command.of("DBSIZE"));
    }
    commands.add(Command.of("DEBUG", "DIGEST"));
    return Turn.of(new Turn.Sending(CommandStream.CLIENTS, commands, 0));
  }

  private String again() {
    return "again: -Dparity.seed=%d -Dparity.protocol=%d -Dparity.redis=%s%s"
        .formatted(scenario.seed(), scenario.protocol(), arena.program(), arena.shape().option());
  }

  private String small(Duel duel) {
    CommandStream stream = new CommandStream(scenario, payloads);
    List<Turn> turns = new ArrayList<>();
    for (long i = 0; i <= duel.tally().turns(); i++) {
      turns.add(stream.next());
    }
    List<Turn> small = new Shrinker(this::differ).shrink(turns);
    StringBuilder shown = new StringBuilder("the smallest stream found that differs:");
    small.stream()
        .limit(SHOWN_TURNS)
        .flatMap(turn -> turn.sendings().stream())
        .forEach(sending ->
            shown
                .append("\n  client ")
                .append(sending.client())
                .append(sending.commands().isEmpty() ? " connects" : ": ")
                .append(
                    String.join(" ", sending.commands().stream().map(Command::toString).toList())));
    return shown
        + (small.size() > SHOWN_TURNS ? "\n  … " + small.size() + " turns" : "")
        + why(small);
  }

  private String why(List<Turn> turns) {
    try {
      playAll(turns);
      return "\n  (the last time it did not)";
    } catch (Difference difference) {
      return "\n  " + difference.getMessage().replaceFirst("(?s)\nafter, at last.*", "");
    } catch (IOException e) {
      return "\n  " + e;
    }
  }

  private boolean differ(List<Turn> turns) {
    try {
      playAll(turns);
      return false;
    } catch (Difference difference) {
      return true;
    } catch (IOException e) {
      return false; // without what is missing here, the direct server says less
    }
  }

  private void playAll(List<Turn> turns) throws IOException {
    try {
      arena.clear();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try (Duel duel = arena.duel(SHORT_PATIENCE_MS)) {
      for (Turn turn : turns) {
        duel.play(turn);
      }
      arena.checkAtRest();
    }
  }
}

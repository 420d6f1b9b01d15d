package dev.nearside.proxy.history;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Where one group after the other is played by the same clients. Used by one thread. */
final class Arena implements AutoCloseable {
  private static final int LEAST_OPERATIONS = 150;
  private static final int MORE_OPERATIONS = 300;
  private static final double STRICT_SHARE = 0.12;
  private static final double[] READ_SHARES = {0.4, 0.7, 0.9, 0.97};

  private final Field field;
  private final Scenario scenario;
  private final String name;
  private final int[] databases;
  private final SplittableRandom random;
  private final ExecutorService clients;
  private final List<Player> players = new ArrayList<>();
  private final List<Listener> listeners = new ArrayList<>();
  private @Nullable Wire janitor;
  private volatile @Nullable Round current;
  private int rounds;

  Arena(Field field, Scenario scenario, int number, long seed, ExecutorService clients) {
    this.field = field;
    this.scenario = scenario;
    this.name = "g" + number + ":";
    this.random = new SplittableRandom(seed * 1_000_003 + number);
    this.clients = clients;
    this.databases = databases(scenario, number);
    Round first = round(false);
    for (int sidecar : paths()) {
      Player.Habit habit = habit(sidecar, players.size());
      players.add(
          new Player(
              sidecar,
              habit,
              () -> field.connect(sidecar),
              field::isFailingOver,
              random.split(),
              first));
    }
    for (int sidecar = 0; sidecar < 2; sidecar++) {
      int there = sidecar;
      listeners.add(new Listener(there, () -> field.connect(there), first.group().channel()));
    }
  }

  private static int[] databases(Scenario scenario, int number) {
    if (scenario.shape() == Shape.CLUSTER) {
      return new int[] {0, 0};
    }
    return scenario.flushes() ? new int[] {2 * number, 2 * number + 1} : new int[] {0, 1};
  }

  /** SWAPDB through one sidecar is not told to the other, which is one of the exceptions. */
  private int[] paths() {
    return scenario.flushes()
        ? new int[] {0, 0, 0, 0, 0, 0, 0, -1, -1}
        : new int[] {0, 0, 0, 0, 0, 1, 1, 1, 1, -1, -1};
  }

  private static Player.Habit habit(int sidecar, int number) {
    if (sidecar == Operation.DIRECT) {
      return Player.Habit.DIRECT;
    }
    return switch (number % 5) {
      case 0 -> Player.Habit.READING;
      case 1 -> Player.Habit.PINNING;
      default -> Player.Habit.PLAIN;
    };
  }

  private Round round(boolean strict) {
    String prefix = (strict ? "strict:" : "") + name + rounds++ + ":";
    int operations = LEAST_OPERATIONS + random.nextInt(MORE_OPERATIONS);
    return new Round(
        new Group(name, prefix, databases, scenario.shape() == Shape.CLUSTER), strict, operations);
  }

  private Workload.Mood mood() {
    double readShare = READ_SHARES[random.nextInt(READ_SHARES.length)];
    boolean flushes = scenario.flushes();
    return new Workload.Mood(readShare, random.nextInt(3) * 0.35, flushes, flushes);
  }

  /** Plays a round to its end. */
  Round play() throws InterruptedException, ExecutionException {
    Round round = round(random.nextDouble() < STRICT_SHARE);
    current = round;
    listeners.forEach(listener -> listener.attend(round));
    Workload.Mood mood = mood();
    round.expect((int) players.stream().filter(player -> !player.onlyReads()).count());
    List<Future<?>> playing = new ArrayList<>();
    for (Player player : players) {
      playing.add(clients.submit(() -> player.play(round, mood)));
    }
    for (Future<?> one : playing) {
      one.get();
    }
    tidyUp(round.group());
    return round;
  }

  /** Ends the round being played, if there is one. */
  void end() {
    Round round = current;
    if (round != null) {
      round.end();
    }
  }

  /** Removes a group's keys; where that fails they only take room. */
  private void tidyUp(Group group) {
    try {
      if (janitor == null) {
        janitor = field.connect(Operation.DIRECT);
      }
      for (int slot = 0; slot < Group.SLOTS; slot++) {
        if (slot % Group.KEYS == 0) {
          janitor.call("SELECT", group.database(slot));
          janitor.call("UNLINK", group.queue());
        }
        janitor.call("UNLINK", group.name(slot));
      }
    } catch (IOException e) {
      janitor = null;
    }
  }

  long lost() {
    return players.stream().mapToLong(Player::lost).sum();
  }

  @Override
  public void close() {
    players.forEach(Player::close);
    listeners.forEach(Listener::close);
    if (janitor != null) {
      janitor.close();
    }
  }
}

package dev.nearside.proxy.history;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Plays rounds in a scenario and checks them as they end, until it has enough, its time is over, or
 * a violation is found. One use each.
 */
final class HistoryRun {
  /**
   * What to play.
   *
   * @param seed of what clients ask; how their operations meet is chance all the same
   * @param operations about how many to play at most, once it has struck often enough
   * @param strikes how often the fault has to have struck
   * @param time how long to play at most
   * @param crowd how many times as many groups to play at a time as the scenario needs
   * @param jvmOptions of sidecars in processes of their own, or null for sidecars in this one
   */
  record Settings(
      Scenario scenario,
      long seed,
      long operations,
      long strikes,
      Duration time,
      int crowd,
      @Nullable List<String> jvmOptions) {}

  private static final int CHECKS_AT_ONCE = 64;
  private static final long STEP_NS = 10_000_000;
  private static final long BETWEEN_WEATHERS_NS = 25_000_000;

  private final Settings settings;
  private final AtomicLong operations = new AtomicLong();
  private final AtomicLong rounds = new AtomicLong();
  private final AtomicLong undecided = new AtomicLong();
  private final AtomicLong unanswered = new AtomicLong();
  private final AtomicLong strikes = new AtomicLong();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> troubles = new ConcurrentLinkedQueue<>();
  private final Semaphore checks = new Semaphore(CHECKS_AT_ONCE);
  private volatile boolean ended;
  private volatile long startedNs;
  private volatile @Nullable Duration toFirst;

  private HistoryRun(Settings settings) {
    this.settings = settings;
  }

  /**
   * Plays to the end.
   *
   * @throws IllegalStateException if what happened was no history at all
   */
  static HistoryResult play(Settings settings) throws Exception {
    return new HistoryRun(settings).play();
  }

  private HistoryResult play() throws Exception {
    Scenario scenario = settings.scenario();
    List<String> jvmOptions = settings.jvmOptions();
    if (jvmOptions == null && scenario.fault().needsProcesses()) {
      jvmOptions = List.of();
    }
    try (Field field = new Field(scenario, jvmOptions)) {
      Counters before = field.counters();
      startedNs = System.nanoTime();
      playIn(field);
      Duration time = Duration.ofNanos(System.nanoTime() - startedNs);
      if (troubles.isEmpty()) {
        field.awaitRest();
      }
      return result(time, field.counters().minus(before), field.recoveries());
    }
  }

  private HistoryResult result(Duration time, Counters counters, List<Recovery> recoveries) {
    Throwable trouble = troubles.peek();
    if (trouble != null) {
      throw new IllegalStateException(trouble + " in " + settings, trouble);
    }
    return new HistoryResult(
        settings.scenario(),
        settings.seed(),
        operations.get(),
        rounds.get(),
        undecided.get(),
        unanswered.get(),
        strikes.get(),
        time,
        counters,
        recoveries,
        List.copyOf(violations),
        toFirst);
  }

  private void playIn(Field field) throws InterruptedException {
    ExecutorService checkers =
        Executors.newFixedThreadPool(1, Thread.ofPlatform().name("checker-", 0).factory());
    List<Arena> arenas = new ArrayList<>();
    try (checkers;
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Thread weather = Thread.ofPlatform().name("weather").start(() -> change(field));
      Thread fault = Thread.ofPlatform().name("fault").start(() -> strike(field));
      for (int i = 0; i < settings.crowd() * settings.scenario().arenas(); i++) {
        Arena arena = new Arena(field, settings.scenario(), i, settings.seed(), clients);
        arenas.add(arena);
        clients.submit(() -> playIn(arena, checkers));
      }
      awaitEnd();
      fault.join();
      arenas.forEach(Arena::end);
      weather.join();
    } finally {
      arenas.forEach(arena -> unanswered.addAndGet(arena.lost()));
      arenas.forEach(Arena::close);
    }
  }

  private void awaitEnd() {
    long endNs = startedNs + settings.time().toNanos();
    while (!ended
        && violations.isEmpty()
        && troubles.isEmpty()
        && (operations.get() < settings.operations() || strikes.get() < settings.strikes())
        && System.nanoTime() - endNs < 0) {
      LockSupport.parkNanos(STEP_NS);
    }
    ended = true;
  }

  private void playIn(Arena arena, ExecutorService checkers) {
    try {
      while (!ended) {
        Round round = arena.play();
        checks.acquire();
        checkers.submit(() -> check(round));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | RuntimeException e) {
      troubles.add(e);
    }
  }

  private void check(Round round) {
    try {
      History history = round.history(settings.scenario().maxStaleness().toNanos());
      switch (HistoryChecker.check(history)) {
        case Verdict.Explained() -> {}
        case Verdict.Undecided() -> undecided.incrementAndGet();
        case Verdict.Violated(String why) -> {
          if (toFirst == null) {
            toFirst = Duration.ofNanos(System.nanoTime() - startedNs);
          }
          violations.add("in " + round.group().prefix() + " " + why);
        }
      }
      operations.addAndGet(history.operations().size());
      rounds.incrementAndGet();
    } catch (RuntimeException e) {
      troubles.add(e);
    } finally {
      checks.release();
    }
  }

  private void change(Field field) {
    SplittableRandom random = new SplittableRandom(settings.seed());
    while (!ended && settings.scenario().hasHops()) {
      for (int i = 0; i < 2; i++) {
        settings.scenario().weather().change(field.hops(i), random);
      }
      LockSupport.parkNanos(BETWEEN_WEATHERS_NS);
    }
    for (int i = 0; i < 2; i++) {
      field.hops(i).forEach(Weather::clear);
    }
  }

  private void strike(Field field) {
    SplittableRandom random = new SplittableRandom(settings.seed());
    long restNs = settings.scenario().fault().restNs();
    while (!ended && settings.scenario().fault() != Fault.NONE) {
      await(restNs + random.nextLong(restNs));
      if (ended && strikes.get() > 0) {
        return;
      }
      try {
        settings.scenario().fault().strike(field, random);
        strikes.incrementAndGet();
      } catch (IOException | RuntimeException | AssertionError e) { // waited in vain
        troubles.add(e);
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void await(long ns) {
    long endNs = System.nanoTime() + ns;
    while (!ended && System.nanoTime() - endNs < 0) {
      LockSupport.parkNanos(Math.min(STEP_NS, ns));
    }
  }
}

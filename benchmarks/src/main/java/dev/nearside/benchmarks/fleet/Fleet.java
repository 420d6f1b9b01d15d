package dev.nearside.benchmarks.fleet;

import dev.nearside.benchmarks.generator.Zipf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Many sidecars of one application on a thread of their own. Whoever opens it closes it; it may be
 * put to rest and to work from any thread.
 *
 * <p>At work each beats, and its application reads: a key that the sidecar holds costs Redis
 * nothing, another one is read and held while there is room for it.
 */
final class Fleet implements AutoCloseable {
  /**
   * What a fleet is.
   *
   * @param port of the Redis
   * @param sidecars how many connections
   * @param tracks whether Redis is asked to tell of changes
   * @param heartbeat what each says when it is idle
   * @param initial the keys that the sidecar of a number reads before it is open
   * @param limit the most keys that a sidecar holds
   * @param readsPerSecond what the applications of all sidecars read together
   * @param popularity of the keys they read
   */
  record Plan(
      int port,
      int sidecars,
      boolean tracks,
      Heartbeat heartbeat,
      IntFunction<int[]> initial,
      int limit,
      double readsPerSecond,
      Zipf popularity) {}

  private static final List<Question> QUESTIONS = List.of(Question.values());
  private static final int BUFFER_BYTES = 1 << 17;
  private static final long SEED = 9241;
  private static final long FILL_SECONDS = 120;
  private static final long SHORTEST_BEAT_NS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_BEAT_NS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final int TICK_MS = 1;

  private final Plan plan;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final SplittableRandom random = new SplittableRandom(SEED);
  private final Fill fill = new Fill();
  private final List<Sidecar> sidecars = new ArrayList<>();
  private final CountDownLatch filled = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "fleet");
  private final long[] nextBeatNs;
  private final long[][] nextQuestionNs;
  private volatile boolean closing;
  private volatile boolean working;
  private volatile long fills;
  private volatile long pushes;
  private volatile @Nullable Exception failure;

  private Fleet(Plan plan) {
    this.plan = plan;
    this.nextBeatNs = new long[plan.sidecars()];
    this.nextQuestionNs = new long[plan.sidecars()][QUESTIONS.size()];
  }

  /**
   * Connects the sidecars, lets them read their first keys, and leaves them at rest.
   *
   * @throws IOException if Redis fails, or does not answer all within two minutes
   */
  static Fleet open(Plan plan) throws IOException, InterruptedException {
    Fleet fleet = new Fleet(plan);
    fleet.thread.start();
    if (!fleet.filled.await(FILL_SECONDS, TimeUnit.SECONDS) || fleet.failure != null) {
      fleet.close();
      fleet.requireSound();
      throw new IOException("the fleet could not read its keys in " + FILL_SECONDS + " s");
    }
    return fleet;
  }

  /** Starts heartbeats and reads. */
  void work() {
    working = true;
  }

  /** Stops them; pushes are taken all the same. */
  void rest() {
    working = false;
  }

  /** Returns how many keys were read because they were not held, the first ones aside. */
  long fills() {
    return fills;
  }

  /** Returns how many pushes all sidecars have had. */
  long pushes() {
    return pushes;
  }

  /**
   * Ends the run if the fleet has ended.
   *
   * @throws IOException what ended it
   */
  void requireSound() throws IOException {
    Exception cause = failure;
    if (cause != null) {
      throw new IOException("the fleet failed: " + cause.getMessage(), cause);
    }
  }

  private void run() {
    try (Selector selector = Selector.open()) {
      for (int i = 0; i < plan.sidecars(); i++) {
        int[] initial = plan.initial().apply(i);
        sidecars.add(Sidecar.open(plan.port(), selector, plan.tracks(), initial, fill));
      }
      while (!sidecars.stream().allMatch(Sidecar::isFilled) && !closing) {
        selector.select(this::take, TICK_MS);
      }
      filled.countDown();
      live(selector);
    } catch (IOException | RuntimeException e) {
      failure = e;
      filled.countDown();
    } finally {
      sidecars.forEach(Fleet::end);
    }
  }

  private static void end(Sidecar sidecar) {
    try {
      sidecar.close();
    } catch (IOException e) {
      throw new IllegalStateException("a socket cannot be closed", e);
    }
  }

  private void live(Selector selector) throws IOException {
    long readNs = System.nanoTime();
    while (!closing) {
      selector.select(this::take, TICK_MS);
      pushes = sumOfPushes();
      long nowNs = System.nanoTime();
      if (working) {
        beat(nowNs);
        read((nowNs - readNs) / 1e9 * plan.readsPerSecond());
      }
      readNs = nowNs;
    }
  }

  private long sumOfPushes() {
    long sum = 0;
    for (int i = 0; i < sidecars.size(); i++) {
      sum += sidecars.get(i).pushes();
    }
    return sum;
  }

  private void take(SelectionKey key) {
    try {
      ((Sidecar) key.attachment()).read(buffer);
    } catch (IOException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  private void beat(long nowNs) throws IOException {
    if (plan.heartbeat() == Heartbeat.NONE) {
      return;
    }
    for (int i = 0; i < nextBeatNs.length; i++) {
      if (nextBeatNs[i] == 0) {
        nextBeatNs[i] = nowNs + random.nextLong(LONGEST_BEAT_NS); // not all at once
      } else if (nowNs - nextBeatNs[i] >= 0) {
        sidecars.get(i).ping();
        nextBeatNs[i] = nowNs + random.nextLong(SHORTEST_BEAT_NS, LONGEST_BEAT_NS);
        askDue(i, nowNs);
      }
    }
  }

  /** A sidecar asks in its ticks, so at a heartbeat. */
  private void askDue(int i, long nowNs) throws IOException {
    if (plan.heartbeat() != Heartbeat.CHECKS) {
      return;
    }
    long[] next = nextQuestionNs[i];
    for (int each = 0; each < next.length; each++) {
      Question question = QUESTIONS.get(each);
      if (next[each] == 0) {
        next[each] = nowNs + random.nextLong(question.intervalNs());
      } else if (nowNs - next[each] >= 0) {
        sidecars.get(i).ask(question);
        next[each] = nowNs + question.intervalNs();
      }
    }
  }

  private void read(double due) throws IOException {
    long reads = (long) due + (random.nextDouble() < due - (long) due ? 1 : 0);
    for (long i = 0; i < reads; i++) {
      Sidecar sidecar = sidecars.get(random.nextInt(sidecars.size()));
      int key = plan.popularity().next(random);
      if (!sidecar.holds(key) && sidecar.heldCount() < plan.limit()) {
        sidecar.fill(key);
        countFill();
      }
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  private void countFill() {
    fills++;
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

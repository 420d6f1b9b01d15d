package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;

/** Writes a counter at Redis itself while pollers read it somewhere else. */
final class Probe {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final int POLLERS = 2;
  private static final Duration SEEN_WITHIN = Duration.ofSeconds(10);
  private static final int PINGS = 60;

  private final int redisPort;
  private final int readPort;
  private final String key;

  Probe(int redisPort, int readPort, String key) {
    this.redisPort = redisPort;
    this.readPort = readPort;
    this.key = key + ":" + NUMBER.incrementAndGet(); // nobody has yet seen what it held before
  }

  /**
   * What was found of the writes.
   *
   * @param staleUs for each write, from its acknowledgement to the sending of the last read that
   *     did not show it; 0 if none did
   * @param untilReplyUs the same, to the reply of that read
   */
  record Found(
      List<Double> staleUs,
      List<Double> untilReplyUs,
      List<Double> readUs,
      long staleReads,
      long reads,
      long errors,
      int wentBack) {}

  /** Writes when every poller has shown the write before, after a random pause. */
  Found inTurns(int writes, long longestPauseNs) throws IOException, InterruptedException {
    return run(
        writes,
        pollers -> {
          int written = pollers.board.acked();
          Poll.pause(Duration.ofNanos(ThreadLocalRandom.current().nextLong(1, longestPauseNs)));
          pollers.awaitShown(written);
        });
  }

  /** Writes at this pace, whoever has seen what. */
  Found atPace(int writes, Duration pace) throws IOException, InterruptedException {
    return run(writes, pollers -> Poll.pause(pace));
  }

  private interface BetweenWrites {
    void pause(Pollers pollers) throws IOException;
  }

  private Found run(int writes, BetweenWrites between) throws IOException, InterruptedException {
    Board board = new Board(writes);
    try (RedisConnection writer = RedisConnection.open(redisPort)) {
      writer.call("SET", key, "0");
      Pollers pollers = new Pollers(board, writes);
      try {
        for (int i = 1; i <= writes; i++) {
          between.pause(pollers);
          writer.call("SET", key, Integer.toString(i));
          board.acknowledge(System.nanoTime());
        }
        pollers.awaitShown(writes);
      } finally {
        pollers.stop();
      }
      return pollers.found(writes);
    }
  }

  /** Returns the median round trip of a PING to a port, in microseconds. */
  static double roundTripUs(int port) throws IOException {
    List<Double> times = new ArrayList<>();
    try (RedisConnection connection = RedisConnection.open(port)) {
      for (int i = 0; i < PINGS; i++) {
        long beganNs = System.nanoTime();
        connection.call("PING");
        times.add((System.nanoTime() - beganNs) / 1e3);
      }
    }
    return Quantiles.of(times).median();
  }

  private final class Pollers {
    private final Board board;
    private final List<Poller> all = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    Pollers(Board board, int writes) {
      this.board = board;
      for (int i = 0; i < POLLERS; i++) {
        Poller poller = new Poller(readPort, key, board, writes);
        all.add(poller);
        threads.add(Thread.ofPlatform().daemon().name("poller-" + i).start(poller));
      }
    }

    void awaitShown(int write) throws IOException {
      long beganNs = System.nanoTime();
      while (all.stream().anyMatch(poller -> poller.shown() < write)) {
        if (System.nanoTime() - beganNs > SEEN_WITHIN.toNanos()) {
          throw new IOException("write " + write + " was not shown in " + SEEN_WITHIN);
        }
        Poll.pause(Duration.ofNanos(20_000));
      }
    }

    void stop() throws InterruptedException {
      all.forEach(Poller::stop);
      for (Thread thread : threads) {
        thread.join();
      }
    }

    Found found(int writes) {
      return new Found(
          latest(writes, Poller::staleNs),
          latest(writes, Poller::staleUntilReplyNs),
          all.stream().flatMap(poller -> poller.readUs().stream()).toList(),
          sum(Poller::staleReads),
          sum(Poller::reads),
          sum(Poller::errors),
          (int) sum(Poller::wentBack));
    }

    private long sum(ToLongFunction<Poller> count) {
      return all.stream().mapToLong(count).sum();
    }

    private List<Double> latest(int writes, OfWrite time) {
      List<Double> times = new ArrayList<>();
      for (int i = 1; i <= writes; i++) {
        int write = i;
        times.add(all.stream().mapToLong(poller -> time.of(poller, write)).max().orElse(0) / 1e3);
      }
      return times;
    }
  }

  private interface OfWrite {
    long of(Poller poller, int write);
  }
}

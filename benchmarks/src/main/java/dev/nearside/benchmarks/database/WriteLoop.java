package dev.nearside.benchmarks.database;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** The closed loop of all clients on one thread; keys are random ones, as those of pgbench are. */
final class WriteLoop implements AutoCloseable {
  private static final long SILENCE_MS = 10_000;
  private static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(60);
  private static final int DIGITS = 3;
  private static final int MOST_NUMBER = 100_000_000;

  private final int rows;
  private final Selector selector = Selector.open();
  private final SplittableRandom random = new SplittableRandom(1);
  private final List<Writer> writers = new ArrayList<>();
  private final Histogram latencies = new Histogram(LONGEST_NS, DIGITS);
  private long acknowledged;
  private long refused;
  private int number;
  private int unanswered;
  private boolean sending = true;

  /** Connects the clients. */
  WriteLoop(int port, int clients, int pipeline, Accounts.Way way, int rows) throws IOException {
    this.rows = rows;
    for (int i = 0; i < clients; i++) {
      writers.add(Writer.open(port, selector, way, pipeline));
    }
  }

  /** Starts writing. */
  void begin() throws IOException {
    for (Writer writer : writers) {
      writer.set(this::row, this::number);
      unanswered++;
    }
  }

  /** Goes on for so long; returns how many writes were acknowledged. */
  long run(long durationNs) throws IOException {
    long before = acknowledged;
    long endNs = System.nanoTime() + durationNs;
    while (System.nanoTime() - endNs < 0) {
      step();
    }
    return acknowledged - before;
  }

  /** Waits for what is under way. */
  void end() throws IOException {
    sending = false;
    while (unanswered > 0) {
      step();
    }
  }

  /** Returns the latencies of acknowledged writes since the last reset, in nanoseconds. */
  Histogram latencies() {
    return latencies;
  }

  /** Returns how many writes the sidecar refused so far because the outbox was full. */
  long refused() {
    return refused;
  }

  private void step() throws IOException {
    if (selector.select(SILENCE_MS) == 0) {
      throw new IOException("the sidecar was silent for " + SILENCE_MS + " ms");
    }
    for (SelectionKey key : selector.selectedKeys()) {
      take((Writer) key.attachment());
    }
    selector.selectedKeys().clear();
  }

  private void take(Writer writer) throws IOException {
    writer.read();
    acknowledged += writer.acknowledged();
    refused += writer.refused();
    if (writer.acknowledged() > 0) {
      long latencyNs = Math.min(System.nanoTime() - writer.sentNs(), LONGEST_NS);
      latencies.recordValueWithCount(latencyNs, writer.acknowledged());
    }
    if (!writer.isAnswered()) {
      return;
    }
    if (sending) {
      writer.set(this::row, this::number);
    } else {
      unanswered--;
    }
  }

  private int row() {
    return Accounts.FIRST + random.nextInt(rows);
  }

  private int number() {
    number = (number + 1) % MOST_NUMBER;
    return number;
  }

  @Override
  public void close() throws IOException {
    for (Writer writer : writers) {
      writer.close();
    }
    selector.close();
  }
}

package dev.nearside.benchmarks.database;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** The closed loop of all clients on one thread; no row is asked for twice. */
final class ReadLoop implements AutoCloseable {
  private static final long SILENCE_MS = 10_000;
  private static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(60);
  private static final int DIGITS = 3;

  private final int port;
  private final int pipeline;
  private final int rowsInTable;
  private final Selector selector = Selector.open();
  private final List<Reader> readers = new ArrayList<>();
  private final Histogram latencies = new Histogram(LONGEST_NS, DIGITS);
  private long turn;
  private long replies;
  private int unanswered;
  private boolean sending = true;

  /**
   * Connects the clients.
   *
   * @param firstTurn where in the order of rows it begins
   */
  ReadLoop(int port, int clients, int pipeline, int rowsInTable, long firstTurn)
      throws IOException {
    this.port = port;
    this.pipeline = pipeline;
    this.rowsInTable = rowsInTable;
    this.turn = firstTurn;
    for (int i = 0; i < clients; i++) {
      readers.add(Reader.open(this.port, selector, pipeline));
    }
  }

  /** Starts asking. */
  void begin() throws IOException {
    for (Reader reader : readers) {
      ask(reader);
      unanswered++;
    }
  }

  /** Goes on for so long; returns how many rows came. */
  long run(long durationNs) throws IOException {
    long before = replies;
    long endNs = System.nanoTime() + durationNs;
    while (System.nanoTime() - endNs < 0) {
      step();
    }
    return replies - before;
  }

  /** Waits for what is under way, and returns the turn after the last. */
  long end() throws IOException {
    sending = false;
    while (unanswered > 0) {
      step();
    }
    return turn;
  }

  /** Returns the latencies since the last {@link Histogram#reset}, in nanoseconds. */
  Histogram latencies() {
    return latencies;
  }

  private void step() throws IOException {
    if (selector.select(SILENCE_MS) == 0) {
      throw new IOException("the sidecar was silent for " + SILENCE_MS + " ms");
    }
    for (SelectionKey key : selector.selectedKeys()) {
      take((Reader) key.attachment());
    }
    selector.selectedKeys().clear();
  }

  private void take(Reader reader) throws IOException {
    int ended = reader.read();
    if (ended == 0) {
      return;
    }
    long latencyNs = Math.min(System.nanoTime() - reader.sentNs(), LONGEST_NS);
    latencies.recordValueWithCount(latencyNs, ended);
    replies += ended;
    if (!reader.isAnswered()) {
      return;
    }
    if (sending) {
      ask(reader);
    } else {
      unanswered--;
    }
  }

  private void ask(Reader reader) throws IOException {
    reader.ask(turn, rowsInTable);
    turn += pipeline;
  }

  @Override
  public void close() throws IOException {
    for (Reader reader : readers) {
      reader.close();
    }
    selector.close();
  }
}

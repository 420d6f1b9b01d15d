package dev.nearside.benchmarks.generator;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * The loop of one thread's connections: warm up, measure, let what is in flight end. A connection
 * writes its next batch when the last one is answered, or where the load has a rate when it is due.
 *
 * <p>A batch counts where its replies arrive: those that arrive after the warm-up are measured. One
 * that is due while the last one is unanswered is waited for from then on, so that a server that
 * stands still is told of all who would have asked.
 */
final class LoadLoop {
  private static final int BUFFER_BYTES = 1 << 18;
  private static final long TICK_MS = 1;
  private static final long SILENCE_MS = 10_000;
  private static final long SILENCE_NS = TimeUnit.MILLISECONDS.toNanos(SILENCE_MS) / 2;
  private static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(60);
  private static final int DIGITS = 3;

  private final Assignment assignment;
  private final int part;
  private final Mix mix;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final MemorySegment memory = MemorySegment.ofBuffer(buffer);
  private final Histogram latencies = new Histogram(LONGEST_NS, DIGITS);
  private final List<LoadConnection> connections = new ArrayList<>();
  private final PriorityQueue<LoadConnection> waiting =
      new PriorityQueue<>(Comparator.comparingLong(LoadConnection::dueNs));
  private final long periodNs;
  private long replies;
  private long lastReplyNs = System.nanoTime();
  private int unanswered;
  private boolean sending = true;

  /**
   * What one thread measured.
   *
   * @param began when the measured interval began, and {@code ended} when it ended
   * @param latencies of the replies between those
   * @param replies in all
   * @param reads how many of those were to GETs
   * @param coldReads how many of those were of cold keys
   */
  record Result(
      Clocks began, Clocks ended, Histogram latencies, long replies, long reads, long coldReads) {}

  /**
   * Creates the loop of one of the load's threads.
   *
   * @param part which of them, from 0 on
   */
  LoadLoop(Assignment assignment, int part) {
    this.assignment = assignment;
    this.part = part;
    this.mix = new Mix(assignment, part);
    Load load = assignment.load();
    long perRound = (long) load.connections() * load.pipeline();
    this.periodNs = load.rate() == 0 ? 0 : perRound * 1_000_000_000 / load.rate();
  }

  /**
   * Runs the load.
   *
   * @throws IOException if the server closes a connection or is silent for ten seconds
   * @throws WrongReplyException if a reply is not what it must be
   */
  Result run() throws IOException {
    Load load = assignment.load();
    try (Selector selector = Selector.open()) {
      connect(selector);
      runUntil(selector, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(load.warmupMs()));
      latencies.reset();
      Clocks began = clocks();
      runUntil(selector, began.ns() + TimeUnit.MILLISECONDS.toNanos(load.measuredMs()));
      Clocks ended = clocks();
      Histogram measured = latencies.copy();
      drain(selector);
      return new Result(began, ended, measured, replies, mix.reads(), mix.coldReads());
    } finally {
      for (LoadConnection connection : connections) {
        connection.close();
      }
    }
  }

  private Clocks clocks() throws IOException {
    long bytes = connections.stream().mapToLong(LoadConnection::receivedBytes).sum();
    return Clocks.now(assignment.pids(), replies, bytes);
  }

  private void connect(Selector selector) throws IOException {
    Load load = assignment.load();
    for (int i = part; i < load.connections(); i += load.threads()) {
      Batch batch = new Batch(mix, load.pipeline());
      connections.add(LoadConnection.open(assignment.address(), selector, batch));
    }
    long nowNs = System.nanoTime();
    for (int i = 0; i < connections.size(); i++) {
      connections.get(i).due(nowNs + periodNs * i / connections.size());
    }
    waiting.addAll(connections);
    sendDue();
  }

  private void sendDue() throws IOException {
    for (LoadConnection next = waiting.peek(); next != null; next = waiting.peek()) {
      long nowNs = System.nanoTime();
      if (next.dueNs() - nowNs > 0) {
        return;
      }
      waiting.remove();
      next.sendBatch(nowNs); // that it is late is nobody's fault but ours
      unanswered++;
    }
  }

  private void runUntil(Selector selector, long deadlineNs) throws IOException {
    while (System.nanoTime() - deadlineNs < 0) {
      step(selector);
    }
  }

  private void drain(Selector selector) throws IOException {
    sending = false;
    while (unanswered > 0) {
      step(selector);
    }
  }

  private void step(Selector selector) throws IOException {
    if (sending) {
      sendDue();
    }
    boolean resting = unanswered == 0;
    if (selector.select(waiting.isEmpty() ? SILENCE_MS : TICK_MS) == 0
        && !resting
        && System.nanoTime() - lastReplyNs > SILENCE_NS) {
      throw new IOException("the server was silent for " + SILENCE_MS + " ms");
    }
    for (SelectionKey key : selector.selectedKeys()) {
      LoadConnection connection = (LoadConnection) key.attachment();
      if (key.isWritable()) {
        connection.flush();
      }
      if (key.isReadable()) {
        read(connection);
      }
    }
    selector.selectedKeys().clear();
  }

  private void read(LoadConnection connection) throws IOException {
    int ended = connection.read(buffer, memory);
    lastReplyNs = System.nanoTime();
    if (ended == 0) {
      return;
    }
    long latencyNs = lastReplyNs - connection.sentNs();
    latencies.recordValueWithCount(Math.min(latencyNs, LONGEST_NS), ended);
    replies += ended;
    if (!connection.isAnswered()) {
      return;
    }
    long dueNs = connection.dueNs() + periodNs;
    connection.due(dueNs);
    if (!sending) {
      unanswered--;
    } else if (dueNs - lastReplyNs > 0) {
      waiting.add(connection);
      unanswered--;
    } else {
      connection.sendBatch(periodNs == 0 ? System.nanoTime() : dueNs);
    }
  }
}

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
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * The loop of one thread's connections: warm up, measure, let what is in flight end. A connection
 * writes its next batch when the last one is answered, or where the load has a rate when it is due.
 *
 * <p>A batch counts where its replies arrive: those that arrive after the warm-up are measured. One
 * that is due is waited for from then on, sent or not: a server that stands still has all waiting
 * who would have asked. That this program was late counts, too.
 */
final class LoadLoop {
  private static final int BUFFER_BYTES = 1 << 18;
  private static final long SILENCE_S = 10;
  private static final long SILENCE_NS = TimeUnit.SECONDS.toNanos(SILENCE_S);
  private static final long LOOK_MS = 1_000;
  private static final long MS_NS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(60);
  private static final int DIGITS = 3;

  private final Assignment assignment;
  private final int part;

  /** One for each node of a cluster, else one. */
  private final List<Mix> mixes;

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final MemorySegment memory = MemorySegment.ofBuffer(buffer);
  private final Histogram latencies = new Histogram(LONGEST_NS, DIGITS);
  private final List<LoadConnection> connections = new ArrayList<>();
  private final PriorityQueue<LoadConnection> waiting =
      new PriorityQueue<>(Comparator.comparingLong(LoadConnection::dueNs));
  private final long periodNs;
  private long replies;
  private long quietSinceNs = System.nanoTime();
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
    int nodes = Math.max(1, assignment.address().nodes().size());
    this.mixes =
        IntStream.range(0, nodes).mapToObj(node -> new Mix(assignment, part, node)).toList();
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
      clocks(); // the first time takes tens of milliseconds, in which nothing is sent
      connect(selector);
      runUntil(selector, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(load.warmupMs()));
      latencies.reset();
      Clocks began = clocks();
      runUntil(selector, began.ns() + TimeUnit.MILLISECONDS.toNanos(load.measuredMs()));
      Clocks ended = clocks();
      Histogram measured = latencies.copy();
      drain(selector);
      boolean ofDue = periodNs > 0; // who was due and is answered only now has waited, too
      return new Result(
          began,
          ended,
          ofDue ? latencies : measured,
          replies,
          mixes.stream().mapToLong(Mix::reads).sum(),
          mixes.stream().mapToLong(Mix::coldReads).sum());
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
      Batch batch = new Batch(mixes.get(i % mixes.size()), load.pipeline());
      connections.add(LoadConnection.open(assignment.address().of(i), selector, batch));
    }
    long nowNs = System.nanoTime();
    for (int i = 0; i < connections.size(); i++) {
      long place = part + (long) i * load.threads();
      connections.get(i).due(nowNs + periodNs * place / load.connections());
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
      send(next);
      if (unanswered++ == 0) {
        quietSinceNs = nowNs;
      }
    }
  }

  private void send(LoadConnection connection) throws IOException {
    connection.sendBatch();
    if (periodNs > 0) {
      connection.waitsSince(connection.dueNs());
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
    if (select(selector) == 0 && unanswered > 0 && System.nanoTime() - quietSinceNs > SILENCE_NS) {
      throw new IOException("the server was silent for " + SILENCE_S + " s");
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

  /** Waits for replies, no longer than until a batch is due. */
  private int select(Selector selector) throws IOException {
    LoadConnection next = sending ? waiting.peek() : null;
    if (next == null) {
      return selector.select(LOOK_MS);
    }
    long leftNs = next.dueNs() - System.nanoTime();
    if (leftNs > MS_NS) {
      return selector.select(Math.min(LOOK_MS, leftNs / MS_NS));
    }
    int ready = selector.selectNow();
    if (ready == 0 && leftNs > 0) {
      LockSupport.parkNanos(leftNs);
    }
    return ready;
  }

  private void read(LoadConnection connection) throws IOException {
    int ended = connection.read(buffer, memory);
    quietSinceNs = System.nanoTime();
    if (ended == 0) {
      return;
    }
    long latencyNs = quietSinceNs - connection.sentNs();
    latencies.recordValueWithCount(Math.min(latencyNs, LONGEST_NS), ended);
    replies += ended;
    if (!connection.isAnswered()) {
      return;
    }
    long dueNs = connection.dueNs() + periodNs;
    connection.due(dueNs);
    if (!sending) {
      unanswered--;
    } else if (dueNs - quietSinceNs > 0) {
      waiting.add(connection);
      unanswered--;
    } else {
      send(connection);
    }
  }
}

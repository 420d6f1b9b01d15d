package dev.nearside.benchmarks.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * The closed loop of all connections on one thread: warm up, measure, let what is in flight end.
 *
 * <p>A batch counts where its replies arrive: those that arrive after the warm-up are measured.
 */
final class LoadLoop {
  private static final int BUFFER_BYTES = 1 << 18;
  private static final long SILENCE_MS = 10_000;
  private static final long SILENCE_NS = TimeUnit.MILLISECONDS.toNanos(SILENCE_MS) / 2;
  private static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(60);
  private static final int DIGITS = 3;

  private final Load load;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final Histogram latencies = new Histogram(LONGEST_NS, DIGITS);
  private final List<LoadConnection> connections = new ArrayList<>();
  private long replies;
  private long lastReplyNs = System.nanoTime();
  private int unanswered;
  private boolean sending = true;

  LoadLoop(Load load) {
    this.load = load;
  }

  /**
   * Runs the load.
   *
   * @throws IOException if the server closes a connection or is silent for ten seconds
   */
  Round run() throws IOException {
    try (Selector selector = Selector.open()) {
      connect(selector);
      runUntil(selector, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(load.warmupMs()));
      latencies.reset();
      Instant began = Instant.now(load, replies);
      runUntil(selector, began.ns() + TimeUnit.MILLISECONDS.toNanos(load.measuredMs()));
      Instant ended = Instant.now(load, replies);
      Histogram measured = latencies.copy();
      drain(selector);
      return round(began, ended, measured);
    } finally {
      for (LoadConnection connection : connections) {
        connection.close();
      }
    }
  }

  private void connect(Selector selector) throws IOException {
    Requests requests = new Requests(load);
    for (int i = 0; i < load.connections(); i++) {
      connections.add(LoadConnection.open(load, selector, requests));
    }
    for (LoadConnection connection : connections) {
      connection.sendBatch();
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
    if (selector.select(SILENCE_MS) == 0 && System.nanoTime() - lastReplyNs > SILENCE_NS) {
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
    int ended = connection.read(buffer);
    if (ended == 0) {
      return;
    }
    lastReplyNs = System.nanoTime();
    long latencyNs = lastReplyNs - connection.sentNs();
    latencies.recordValueWithCount(Math.min(latencyNs, LONGEST_NS), ended);
    replies += ended;
    if (!connection.isAnswered()) {
      return;
    }
    if (sending) {
      connection.sendBatch();
    } else {
      unanswered--;
    }
  }

  private Round round(Instant began, Instant ended, Histogram measured) {
    List<Double> cpu = new ArrayList<>();
    for (int i = 0; i < load.pids().size(); i++) {
      cpu.add(ended.cpuSeconds().get(i) - began.cpuSeconds().get(i));
    }
    return new Round(
        ended.replies() - began.replies(),
        (ended.ns() - began.ns()) / 1e9,
        measured.getValueAtPercentile(50) / 1e3,
        measured.getValueAtPercentile(99) / 1e3,
        measured.getMaxValue() / 1e3,
        List.copyOf(cpu),
        ended.ownCpuSeconds() - began.ownCpuSeconds(),
        connections.stream().mapToLong(LoadConnection::errors).sum(),
        replies);
  }

  /** The clocks and the count at one end of the measured interval. */
  private record Instant(long ns, long replies, List<Double> cpuSeconds, double ownCpuSeconds) {
    static Instant now(Load load, long replies) throws IOException {
      List<Double> cpu = new ArrayList<>();
      for (long pid : load.pids()) {
        cpu.add(CpuTime.seconds(pid));
      }
      double own = CpuTime.seconds(ProcessHandle.current().pid());
      return new Instant(System.nanoTime(), replies, List.copyOf(cpu), own);
    }
  }
}

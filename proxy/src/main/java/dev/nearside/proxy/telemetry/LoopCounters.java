package dev.nearside.proxy.telemetry;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What one event loop counts. Only that loop's thread writes; a scrape reads from its own thread.
 *
 * <p>All counts lie in one array, written with opaque stores: no locked instruction, no fence, no
 * allocation, and no cache line shared with another loop. A reader may see a count that is a moment
 * old, never a torn one. Made by {@link Metrics#addLoop}; lives as long as the registry.
 */
@SuppressWarnings("EnumOrdinal") // indexes into an array of this process, never stored
public final class LoopCounters {
  private static final VarHandle CELLS = MethodHandles.arrayElementVarHandle(long[].class);

  /** A cache line and its prefetched neighbour on either side. */
  private static final int PADDING = 16;

  private static final int COMMANDS = CommandLabel.values().length;
  private static final int WAYS = Way.values().length;

  /*
   * | padding | named counts | requests: way x command | L1: namespace x (hit, miss) | padding |
   */
  private static final int NEGATIVE_HITS = PADDING;
  private static final int FILLS_STARTED = PADDING + 1;
  private static final int FILLS_JOINED = PADDING + 2;
  private static final int PINS = PADDING + 3;
  private static final int BYTES_IN = PADDING + 4;
  private static final int BYTES_OUT = PADDING + 5;
  private static final int SLOW_READERS = PADDING + 6;
  private static final int FILL_RESULTS = PADDING + 7;
  private static final int CLOSINGS = FILL_RESULTS + FillResult.values().length;
  private static final int REQUESTS = CLOSINGS + CloseReason.values().length;
  private static final int L1_READS = REQUESTS + WAYS * COMMANDS;

  private final long[] cells;
  private final LatencyHistogram[] latencies = new LatencyHistogram[WAYS];

  LoopCounters(int namespaces) {
    cells = new long[L1_READS + 2 * namespaces + PADDING];
    for (int i = 0; i < WAYS; i++) {
      latencies[i] = new LatencyHistogram();
    }
  }

  /** Counts a request that took {@code way}. */
  public void request(Way way, CommandLabel command) {
    add(requestCell(way, command), 1);
  }

  /** Counts the time from a request of {@code way} to its reply. */
  public void latency(Way way, long nanos) {
    latencies[way.ordinal()].record(nanos);
  }

  /** Counts the same time for each of {@code requests} requests of {@code way}. */
  public void latency(Way way, long nanos, int requests) {
    latencies[way.ordinal()].record(nanos, requests);
  }

  /** Counts a key that L1 answered; {@code namespace} is a {@link Metrics#namespaceIndex}. */
  public void hit(int namespace) {
    add(L1_READS + 2 * namespace, 1);
  }

  /** Counts a key that L1 knew to be absent, as a hit and as a negative one. */
  public void negativeHit(int namespace) {
    hit(namespace);
    add(NEGATIVE_HITS, 1);
  }

  /** Counts a cacheable key that L1 could not answer. */
  public void miss(int namespace) {
    add(L1_READS + 2 * namespace + 1, 1);
  }

  /** Counts a flight that this loop started. */
  public void fillStarted() {
    add(FILLS_STARTED, 1);
  }

  /** Counts a read that joined a flight of another. */
  public void fillJoined() {
    add(FILLS_JOINED, 1);
  }

  /** Counts the end of a flight on this loop; elsewhere it is {@link Metrics#fill}. */
  public void fill(FillResult result) {
    add(FILL_RESULTS + result.ordinal(), 1);
  }

  /** Counts a client that got an upstream connection of its own. */
  public void pinned() {
    add(PINS, 1);
  }

  /** Counts a client that left more unread than a shared connection can wait for. */
  public void slowReader() {
    add(SLOW_READERS, 1);
  }

  /** Counts a client that was closed by a limit. */
  public void closed(CloseReason reason) {
    add(CLOSINGS + reason.ordinal(), 1);
  }

  /** Counts {@code bytes} read from clients. */
  public void bytesIn(long bytes) {
    add(BYTES_IN, bytes);
  }

  /** Counts {@code bytes} written to clients. */
  public void bytesOut(long bytes) {
    add(BYTES_OUT, bytes);
  }

  long requests(Way way, CommandLabel command) {
    return read(requestCell(way, command));
  }

  LatencyHistogram latency(Way way) {
    return latencies[way.ordinal()];
  }

  long hits(int namespace) {
    return read(L1_READS + 2 * namespace);
  }

  long misses(int namespace) {
    return read(L1_READS + 2 * namespace + 1);
  }

  long negativeHits() {
    return read(NEGATIVE_HITS);
  }

  long fillsStarted() {
    return read(FILLS_STARTED);
  }

  long fillsJoined() {
    return read(FILLS_JOINED);
  }

  long fills(FillResult result) {
    return read(FILL_RESULTS + result.ordinal());
  }

  long pins() {
    return read(PINS);
  }

  long slowReaders() {
    return read(SLOW_READERS);
  }

  long closings(CloseReason reason) {
    return read(CLOSINGS + reason.ordinal());
  }

  long bytesIn() {
    return read(BYTES_IN);
  }

  long bytesOut() {
    return read(BYTES_OUT);
  }

  private static int requestCell(Way way, CommandLabel command) {
    return REQUESTS + way.ordinal() * COMMANDS + command.ordinal();
  }

  private void add(int cell, long amount) {
    CELLS.setOpaque(cells, cell, cells[cell] + amount);
  }

  private long read(int cell) {
    return (long) CELLS.getOpaque(cells, cell);
  }
}

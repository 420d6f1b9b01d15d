package dev.nearside.proxy.history;

import java.util.concurrent.TimeUnit;

/**
 * What one key holds, and when it ends: the moment is known only as far as the moment at which its
 * command was executed.
 */
final class Cell {
  /** That no moment of expiry is set. */
  static final long NEVER = Long.MAX_VALUE;

  /** Redis counts whole milliseconds, on a clock of its own. */
  private static final long TOLERANCE_NS = TimeUnit.MILLISECONDS.toNanos(3);

  final String value;
  final long earliestNs;
  final long latestNs;
  final long hash;

  private Cell(String value, long earliestNs, long latestNs) {
    this.value = value;
    this.earliestNs = earliestNs;
    this.latestNs = latestNs;
    this.hash = mix(value.hashCode() * 31L + earliestNs);
  }

  static Cell of(String value) {
    return new Cell(value, NEVER, NEVER);
  }

  /** Returns the same end with another value. */
  Cell with(String other) {
    return new Cell(other, earliestNs, latestNs);
  }

  /** Returns the same value without an end. */
  Cell persistent() {
    return of(value);
  }

  /** Returns the same value, ending {@code ttlMs} after a moment between two others. */
  Cell ending(long ttlMs, long notBeforeNs, long notAfterNs) {
    long ttlNs = TimeUnit.MILLISECONDS.toNanos(ttlMs);
    long latest = notAfterNs == NEVER ? NEVER : notAfterNs + ttlNs + TOLERANCE_NS;
    return new Cell(value, notBeforeNs + ttlNs - TOLERANCE_NS, latest);
  }

  /** Returns the same value, ending at a moment that was named. */
  Cell endingAt(long atNs) {
    return new Cell(value, atNs - TOLERANCE_NS, atNs + TOLERANCE_NS);
  }

  boolean ends() {
    return earliestNs != NEVER;
  }

  /** Spreads the bits of a hash. */
  static long mix(long bits) {
    long z = bits + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  @Override
  public String toString() {
    return "\"" + value.replace("\0", "\\0") + "\"" + (ends() ? " (ends)" : "");
  }
}

package dev.nearside.proxy.telemetry;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts durations in fixed buckets from 1.024 µs to 68.7 s, four to each doubling, so that a
 * bucket is at most a quarter wider than its lower bound.
 *
 * <p>One thread records; any thread may read at any time and sees each count as it was a moment
 * ago. Recording allocates nothing and writes two cells with opaque stores.
 */
public final class LatencyHistogram {
  /*
   * The bucket of n = nanos - 1, so that upper bounds are inclusive as Prometheus has them:
   *
   *   n      0000000000000000000000000000000000000000000000000001 01 ??????????
   *                                                             |  |  dropped
   *                                          exponent e ≥ 10 ---+  +-- quarter q
   *
   *   bucket 0              durations up to 2^10 ns
   *   bucket 4(e-10)+q+1    durations up to (5+q) << (e-2) ns
   *   bucket LAST           longer than 2^36 ns
   */
  static final int MIN_EXPONENT = 10;
  static final int MAX_EXPONENT = 36;
  static final int LAST = 4 * (MAX_EXPONENT - MIN_EXPONENT) + 1;
  static final int BUCKETS = LAST + 1;

  private static final VarHandle CELLS = MethodHandles.arrayElementVarHandle(long[].class);

  /** A cache line and its prefetched neighbour on either side, so that no two loops share one. */
  private static final int PADDING = 16;

  private static final int SUM = PADDING + BUCKETS;

  private final long[] cells = new long[SUM + 1 + PADDING];

  /** Counts one duration of {@code nanos} nanoseconds; a negative one counts as zero. */
  public void record(long nanos) {
    record(nanos, 1);
  }

  /** Counts {@code times} durations of {@code nanos} nanoseconds each. */
  public void record(long nanos, int times) {
    long duration = Math.max(0, nanos);
    add(PADDING + bucketOf(duration), times);
    add(SUM, duration * times);
  }

  /** Returns how many durations bucket {@code index} holds. */
  long count(int index) {
    return (long) CELLS.getOpaque(cells, PADDING + index);
  }

  /** Returns the sum of all durations, in nanoseconds. */
  long sumNanos() {
    return (long) CELLS.getOpaque(cells, SUM);
  }

  static int bucketOf(long nanos) {
    if (nanos <= 1L << MIN_EXPONENT) {
      return 0;
    }
    if (nanos > 1L << MAX_EXPONENT) {
      return LAST;
    }
    long n = nanos - 1;
    int exponent = 63 - Long.numberOfLeadingZeros(n);
    int quarter = (int) (n >>> (exponent - 2)) & 3;
    return 4 * (exponent - MIN_EXPONENT) + quarter + 1;
  }

  /** Returns the longest duration of bucket {@code index} in nanoseconds. */
  static long upperBoundNanos(int index) {
    if (index == LAST) {
      return Long.MAX_VALUE;
    }
    if (index == 0) {
      return 1L << MIN_EXPONENT;
    }
    int exponent = MIN_EXPONENT + (index - 1) / 4;
    long quarter = (index - 1L) % 4;
    return (5 + quarter) << (exponent - 2);
  }

  private void add(int cell, long amount) {
    CELLS.setOpaque(cells, cell, cells[cell] + amount);
  }
}

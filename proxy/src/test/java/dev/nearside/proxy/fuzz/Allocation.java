package dev.nearside.proxy.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Bounds what a decoder allocates by the length of what it was sent. */
public final class Allocation {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** The first time, classes are loaded and call sites linked. */
  private static final int TRIES = 3;

  private Allocation() {}

  /** Fails if {@code decoding}, which can be repeated, always allocates more than the bound. */
  public static void assertAtMost(long maxBytes, Runnable decoding) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < TRIES && least > maxBytes; i++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      decoding.run();
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    if (least > maxBytes) {
      throw new AssertionError("allocates " + least + " bytes, more than " + maxBytes);
    }
  }
}

package dev.nearside.proxy.coherence;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Numbers for the spans of time in which what L1 holds stays true: none is given twice, and each is
 * later than those before. Thread-safe.
 */
final class Epochs {
  private final AtomicLong last = new AtomicLong(Placement.NOWHERE);

  long next() {
    return last.incrementAndGet();
  }
}

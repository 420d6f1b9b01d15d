package dev.nearside.benchmarks.outbox;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * When each sidecar acknowledged a write for the first time since some moment; only one that was
 * sent since then counts. Thread-safe; moments are on {@link System#nanoTime()}'s scale.
 */
final class Flow {
  private final AtomicLongArray firstNs = new AtomicLongArray(Site.SIDECARS);
  private volatile long sinceNs;

  /** Begins anew. */
  void watch(long nowNs) {
    sinceNs = nowNs;
    for (int i = 0; i < Site.SIDECARS; i++) {
      firstNs.set(i, 0);
    }
  }

  void acknowledged(int sidecar, long sentNs) {
    if (firstNs.get(sidecar) == 0 && sentNs - sinceNs >= 0) {
      firstNs.compareAndSet(sidecar, 0, System.nanoTime());
    }
  }

  /** Returns whether all have acknowledged one. */
  boolean isBack() {
    for (int i = 0; i < Site.SIDECARS; i++) {
      if (firstNs.get(i) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns how long that took. */
  double ms() {
    long last = 0;
    for (int i = 0; i < Site.SIDECARS; i++) {
      last = Math.max(last, firstNs.get(i) - sinceNs);
    }
    return last / 1e6;
  }
}

package dev.nearside.benchmarks.outbox;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * When each sidecar acknowledged a write of each primary for the first time since some moment; only
 * one that was sent since then counts. Thread-safe; moments are on {@link System#nanoTime()}'s
 * scale.
 */
final class Flow {
  private final int primaries;
  private final AtomicLongArray firstNs;
  private volatile long sinceNs;

  Flow(int primaries) {
    this.primaries = primaries;
    this.firstNs = new AtomicLongArray(Site.SIDECARS * primaries);
  }

  /** Begins anew. */
  void watch(long nowNs) {
    sinceNs = nowNs;
    for (int i = 0; i < firstNs.length(); i++) {
      firstNs.set(i, 0);
    }
  }

  void acknowledged(int sidecar, int primary, long sentNs) {
    int way = sidecar * primaries + primary;
    if (firstNs.get(way) == 0 && sentNs - sinceNs >= 0) {
      firstNs.compareAndSet(way, 0, System.nanoTime());
    }
  }

  /** Returns whether all have acknowledged one of each primary. */
  boolean isBack() {
    for (int i = 0; i < firstNs.length(); i++) {
      if (firstNs.get(i) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns how long that took. */
  double ms() {
    long last = 0;
    for (int i = 0; i < firstNs.length(); i++) {
      last = Math.max(last, firstNs.get(i) - sinceNs);
    }
    return last / 1e6;
  }
}

package dev.nearside.agent.host;

import static dev.nearside.agent.host.Reading.GC_SHARE_RATIO;

import java.lang.management.GarbageCollectorMXBean;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The share of time in which collections of the old generation held the process still, over half a
 * minute: one long pause is not yet a heap that runs short, one after the other is. Collections of
 * young objects alone, where they are counted apart, tell how much is allocated, which no smaller
 * cache would change.
 */
final class GcShare implements Sensor {
  private static final long WINDOW_NS = TimeUnit.SECONDS.toNanos(30);

  private final List<GarbageCollectorMXBean> pausing;
  private final SlidingRatio window = new SlidingRatio(WINDOW_NS);

  GcShare(List<GarbageCollectorMXBean> collectors) {
    pausing = collectors.stream().filter(GcShare::pauses).toList();
  }

  @Override
  public String name() {
    return "gc_share";
  }

  @Override
  public boolean supported() {
    return !pausing.isEmpty();
  }

  @Override
  public boolean sample(long nowNs, Readings readings) {
    long pausedMs = 0;
    for (int i = 0; i < pausing.size(); i++) {
      pausedMs += Math.max(0, pausing.get(i).getCollectionTime());
    }
    readings.set(GC_SHARE_RATIO, Math.min(1.0, window.add(nowNs, (double) pausedMs, nowNs / 1e6)));
    return true;
  }

  @Override
  public void close() {}

  /** ZGC and Shenandoah count concurrent work in beans named "… Cycles", beside their pauses. */
  private static boolean pauses(GarbageCollectorMXBean collector) {
    return !collector.getName().endsWith("Cycles");
  }
}

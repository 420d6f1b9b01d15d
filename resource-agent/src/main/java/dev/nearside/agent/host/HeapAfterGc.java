package dev.nearside.agent.host;

import static dev.nearside.agent.host.Reading.HEAP_AFTER_GC_RATIO;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the last collection of the old generation left there, over its greatest size; of both is
 * taken off what a cache holds and may hold, where there is one and it leaves room for the rest.
 *
 * <p>Use between collections says nothing: garbage fills any heap. The old generation alone is
 * asked, because with a serial or parallel collector live data must fit there, and a share of the
 * whole heap would read two thirds when it is full. Absent until it was collected once. The pools
 * are asked only after a collection, so nothing is allocated between collections.
 */
final class HeapAfterGc implements Sensor {
  private static final double LEAST_BESIDE_CACHE = 0.1;

  private final List<MemoryPoolMXBean> oldPools;
  private final List<GarbageCollectorMXBean> collectors;
  private final @Nullable HeapCache cache;
  private long seenCollections = -1;
  private long cachedBytes;

  /**
   * Creates the sensor.
   *
   * @param old whose collectors alone are asked: the cache's part must date from their last run
   */
  HeapAfterGc(OldGeneration old, @Nullable HeapCache cache) {
    this.oldPools = old.pools();
    this.collectors = old.collectors();
    this.cache = cache;
  }

  @Override
  public String name() {
    return "heap_after_gc";
  }

  @Override
  public boolean supported() {
    return !oldPools.isEmpty() && !collectors.isEmpty();
  }

  @Override
  public boolean sample(long nowNs, Readings readings) {
    long collections = 0;
    for (int i = 0; i < collectors.size(); i++) {
      collections += collectors.get(i).getCollectionCount();
    }
    long before = cachedBytes;
    cachedBytes = cache == null ? 0 : cache.bytes().getAsLong();
    if (collections != seenCollections) {
      seenCollections = collections;
      long cached = Math.max(before, cachedBytes); // it may have been emptied since
      readings.set(HEAP_AFTER_GC_RATIO, worstPool(cached));
    }
    return true;
  }

  @Override
  public void close() {}

  private double worstPool(long cached) {
    double worst = Double.NaN;
    for (MemoryPoolMXBean pool : oldPools) {
      MemoryUsage usage = pool.getCollectionUsage();
      if (usage != null && usage.getUsed() > 0 && usage.getMax() > 0) {
        double ratio = ratio(usage.getUsed(), usage.getMax(), cached);
        worst = Double.isNaN(worst) ? ratio : Math.max(worst, ratio);
      }
    }
    return worst;
  }

  /** A cache that leaves next to nothing for the rest is too large, and counts as anything else. */
  private double ratio(long used, long max, long cached) {
    long room = max - (cache == null ? 0 : cache.maxBytes().getAsLong());
    return room < max * LEAST_BESIDE_CACHE
        ? (double) used / max
        : (double) Math.max(0, used - cached) / room;
  }
}

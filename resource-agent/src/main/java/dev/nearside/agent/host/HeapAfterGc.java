package dev.nearside.agent.host;

import static dev.nearside.agent.host.Reading.HEAP_AFTER_GC_RATIO;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;

/**
 * What the last collection of the old generation left there, over its greatest size.
 *
 * <p>Use between collections says nothing: garbage fills any heap. The old generation alone is
 * asked, because with a serial or parallel collector live data must fit there, and a share of the
 * whole heap would read two thirds when it is full. Absent until it was collected once. The pools
 * are asked only after a collection, so nothing is allocated between collections.
 */
final class HeapAfterGc implements Sensor {
  private final List<MemoryPoolMXBean> oldPools;
  private final List<GarbageCollectorMXBean> collectors;
  private long seenCollections = -1;

  HeapAfterGc(List<MemoryPoolMXBean> pools, List<GarbageCollectorMXBean> collectors) {
    this.oldPools = pools.stream().filter(HeapAfterGc::isOld).toList();
    this.collectors = List.copyOf(collectors);
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
    if (collections != seenCollections) {
      seenCollections = collections;
      readings.set(HEAP_AFTER_GC_RATIO, worstPool());
    }
    return true;
  }

  @Override
  public void close() {}

  private double worstPool() {
    double worst = Double.NaN;
    for (MemoryPoolMXBean pool : oldPools) {
      MemoryUsage usage = pool.getCollectionUsage();
      if (usage != null && usage.getUsed() > 0 && usage.getMax() > 0) {
        double ratio = (double) usage.getUsed() / usage.getMax();
        worst = Double.isNaN(worst) ? ratio : Math.max(worst, ratio);
      }
    }
    return worst;
  }

  /** Only pools in which objects stay support a usage threshold; see MemoryPoolMXBean. */
  private static boolean isOld(MemoryPoolMXBean pool) {
    return pool.getType() == MemoryType.HEAP
        && pool.isUsageThresholdSupported()
        && pool.getCollectionUsage() != null;
  }
}

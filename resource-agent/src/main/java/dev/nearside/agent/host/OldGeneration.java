package dev.nearside.agent.host;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;

/** Where objects stay, and who collects there: what tells of a heap that runs short. */
record OldGeneration(List<MemoryPoolMXBean> pools, List<GarbageCollectorMXBean> collectors) {
  /** Picks those of the old generation from all. */
  static OldGeneration of(
      List<MemoryPoolMXBean> allPools, List<GarbageCollectorMXBean> allCollectors) {
    List<MemoryPoolMXBean> pools = allPools.stream().filter(OldGeneration::isOld).toList();
    return new OldGeneration(
        pools, allCollectors.stream().filter(each -> collects(each, pools)).toList());
  }

  /** Only pools in which objects stay support a usage threshold; see MemoryPoolMXBean. */
  private static boolean isOld(MemoryPoolMXBean pool) {
    return pool.getType() == MemoryType.HEAP
        && pool.isUsageThresholdSupported()
        && pool.getCollectionUsage() != null;
  }

  private static boolean collects(GarbageCollectorMXBean collector, List<MemoryPoolMXBean> pools) {
    return pools.stream()
        .anyMatch(pool -> List.of(pool.getMemoryManagerNames()).contains(collector.getName()));
  }
}

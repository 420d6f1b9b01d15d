package dev.nearside.agent.host;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;

/**
 * Where objects stay, and who collects there: what tells of a heap that runs short.
 *
 * @param pools none where what they are said to hold after a collection may be garbage
 * @param collectors who have collected them when they say that they have run
 * @param stopping those whose time is one in which all else stood still
 */
record OldGeneration(
    List<MemoryPoolMXBean> pools,
    List<GarbageCollectorMXBean> collectors,
    List<GarbageCollectorMXBean> stopping) {

  /** Its young collections count with the others, and read the old pool with its garbage. */
  private static final String GENERATION_OF_SHENANDOAH = "Shenandoah ";

  /** The time of a cycle is one beside the program. */
  private static final String BESIDE = " Cycles";

  /** Reads the old pool, too, but leaves its garbage there. */
  private static final List<String> YOUNG = List.of("ZGC Minor Cycles", "ZGC Minor Pauses");

  /** Picks those of the old generation from all. */
  static OldGeneration of(
      List<MemoryPoolMXBean> allPools, List<GarbageCollectorMXBean> allCollectors) {
    List<MemoryPoolMXBean> pools = allPools.stream().filter(OldGeneration::isOld).toList();
    List<GarbageCollectorMXBean> collectors =
        allCollectors.stream()
            .filter(each -> !YOUNG.contains(each.getName()) && collects(each, pools))
            .toList();
    return new OldGeneration(
        pools,
        collectors,
        collectors.stream().filter(each -> !each.getName().endsWith(BESIDE)).toList());
  }

  /** Only pools in which objects stay support a usage threshold; see MemoryPoolMXBean. */
  private static boolean isOld(MemoryPoolMXBean pool) {
    return pool.getType() == MemoryType.HEAP
        && pool.isUsageThresholdSupported()
        && pool.getCollectionUsage() != null
        && !pool.getName().startsWith(GENERATION_OF_SHENANDOAH);
  }

  private static boolean collects(GarbageCollectorMXBean collector, List<MemoryPoolMXBean> pools) {
    return pools.stream()
        .anyMatch(pool -> List.of(pool.getMemoryManagerNames()).contains(collector.getName()));
  }
}

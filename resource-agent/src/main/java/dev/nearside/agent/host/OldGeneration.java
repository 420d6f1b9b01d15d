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

  /** Of ZGC; it reads the old pool with its garbage, too. */
  private static final String MINOR = "ZGC Minor ";

  /** A part of a collection that goes on beside the program: it has collected nothing yet. */
  private static final String PART = " Pauses";

  /** Such a collection: its time is not one of standing still. */
  private static final String BESIDE = " Cycles";

  /** Picks those of the old generation from all. */
  static OldGeneration of(
      List<MemoryPoolMXBean> allPools, List<GarbageCollectorMXBean> allCollectors) {
    List<MemoryPoolMXBean> old = allPools.stream().filter(OldGeneration::isOld).toList();
    List<MemoryPoolMXBean> pools =
        old.stream().filter(pool -> !pool.getName().startsWith(GENERATION_OF_SHENANDOAH)).toList();
    return new OldGeneration(
        pools,
        allCollectors.stream()
            .filter(each -> !each.getName().endsWith(PART) && !each.getName().startsWith(MINOR))
            .filter(each -> collects(each, pools))
            .toList(),
        allCollectors.stream()
            .filter(each -> !each.getName().endsWith(BESIDE) && collects(each, old))
            .toList());
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

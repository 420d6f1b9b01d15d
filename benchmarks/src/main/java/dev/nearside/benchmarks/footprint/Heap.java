package dev.nearside.benchmarks.footprint;

import java.util.ArrayList;
import java.util.List;

/**
 * How the JVM of a sidecar with a full L1 may be set up: the collector, and the heap for it. One
 * that collects while the program runs needs room for what becomes garbage meanwhile.
 */
enum Heap {
  SERIAL("Serial", 1.1, "-XX:+UseSerialGC"),
  PARALLEL("Parallel", 1.1, "-XX:+UseParallelGC"),
  G1("G1", 1.5, "-XX:+UseG1GC"),
  SHENANDOAH(
      "Shenandoah, generational", 2, "-XX:+UseShenandoahGC -XX:ShenandoahGCMode=generational"),
  ZGC("Z", 2, "-XX:+UseZGC");

  private static final int BESIDE_L1_MIB = 48;
  private static final int YOUNG_MIB = 16;

  private final String label;
  private final double heapToL1;
  private final String flags;

  Heap(String label, double heapToL1, String flags) {
    this.label = label;
    this.heapToL1 = heapToL1;
    this.flags = flags;
  }

  /**
   * Returns a launch with room for an L1 of this size: with Serial and Parallel a tenth above it,
   * and 48 MiB, as the start asks for. The young part of their heap is kept small, because else it
   * takes a third of all.
   */
  Launch launch(int l1Mib) {
    List<String> all = new ArrayList<>(List.of(flags.split(" ", -1)));
    int maxMib = (int) (heapToL1 * l1Mib) + BESIDE_L1_MIB;
    all.add("-Xmx" + maxMib + "m");
    if (this == SERIAL || this == PARALLEL) {
      all.add("-XX:MaxNewSize=" + YOUNG_MIB + "m"); // -Xmn would ask for it at once
    }
    return new Launch(label + ", -Xmx" + maxMib + "m", all);
  }
}

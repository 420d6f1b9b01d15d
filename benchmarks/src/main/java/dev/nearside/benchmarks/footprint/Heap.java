package dev.nearside.benchmarks.footprint;

import java.util.ArrayList;
import java.util.List;

/** How the JVM of a sidecar with a full L1 may be set up: the collector, and the heap for it. */
enum Heap {
  SERIAL("Serial", "-XX:+UseSerialGC"),
  PARALLEL("Parallel", "-XX:+UseParallelGC"),
  G1("G1", "-XX:+UseG1GC"),
  SHENANDOAH("Shenandoah, generational", "-XX:+UseShenandoahGC -XX:ShenandoahGCMode=generational"),
  ZGC("Z", "-XX:+UseZGC");

  private static final double HEAP_TO_L1 = 1.1;
  private static final int BESIDE_L1_MIB = 48;
  private static final int YOUNG_MIB = 16;

  private final String label;
  private final String flags;

  Heap(String label, String flags) {
    this.label = label;
    this.flags = flags;
  }

  /**
   * Returns a launch with room for an L1 of this size: a tenth above it, and 48 MiB, as the start
   * asks for. The young part of Serial's and Parallel's heap is kept small, because else it takes a
   * third of all.
   */
  Launch launch(int l1Mib) {
    List<String> all = new ArrayList<>(List.of(flags.split(" ", -1)));
    int maxMib = (int) (HEAP_TO_L1 * l1Mib) + BESIDE_L1_MIB;
    all.add("-Xmx" + maxMib + "m");
    if (this == SERIAL || this == PARALLEL) {
      all.add("-XX:MaxNewSize=" + YOUNG_MIB + "m"); // -Xmn would ask for it at once
    }
    return new Launch(label + ", -Xmx" + maxMib + "m", all);
  }
}

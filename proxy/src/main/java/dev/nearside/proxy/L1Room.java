package dev.nearside.proxy;

import dev.nearside.proxy.config.NearsideConfig;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryManagerMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Says at the start what keeps L1 from ever holding as much as it may. Pure functions. */
final class L1Room {
  private static final long MIB = 1 << 20;

  /** Of the heap, for a collection of a full L1: without free room it runs all the time. */
  private static final double SPARE = 1.1;

  /** The same where the program runs on meanwhile, and makes garbage. */
  private static final double SPARE_OF_CONCURRENT = 2;

  private static final String USE_Z = "-XX:+UseZGC";

  /** Of a larger L1, a collection that stops all is noticed by clients. */
  private static final long STOPPED_FOR_AT_MOST = 256 * MIB;

  /** For young objects and all that is not L1. */
  private static final long BESIDE_BYTES = 48 * MIB;

  /** A heap is reported smaller than it was asked for, by parts that are never used together. */
  private static final long UNREPORTED_BYTES = 16 * MIB;

  /** What an entry with a name and a value of some hundred bytes takes. */
  private static final long SMALL_ENTRY_BYTES = 256;

  private L1Room() {}

  /** Returns a sentence for each reason; none where there is room. */
  static List<String> of(NearsideConfig config) {
    return of(
        config.l1().maxBytes(),
        config.coherence().maxTrackedKeys(),
        Runtime.getRuntime().maxMemory(),
        isConcurrent());
  }

  private static boolean isConcurrent() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .map(MemoryManagerMXBean::getName)
        .anyMatch(name -> name.startsWith("ZGC") || name.startsWith("Shenandoah"));
  }

  static List<String> of(long l1Bytes, long trackedKeys, long heapBytes, boolean concurrent) {
    List<String> sentences = new ArrayList<>();
    if (heapBytes < heapFor(l1Bytes, concurrent) - UNREPORTED_BYTES) {
      sentences.add(
          String.format(
              Locale.ROOT,
              "l1.max-bytes is %d MiB, which needs a heap of %d MiB, and the heap is %d MiB: memory"
                  + " pressure will keep L1 smaller; expected %s, or l1.max-bytes of at most"
                  + " %dMiB",
              mib(l1Bytes),
              mib(heapFor(l1Bytes, concurrent)),
              mib(heapBytes),
              flagsFor(l1Bytes, concurrent),
              mib(l1In(heapBytes, concurrent))));
    } else if (l1Bytes > STOPPED_FOR_AT_MOST && !concurrent) {
      sentences.add(
          String.format(
              Locale.ROOT,
              "l1.max-bytes is %d MiB, and this JVM's collector stops all clients while it collects"
                  + " that; expected %s, or l1.max-bytes of at most %dMiB",
              mib(l1Bytes),
              flagsFor(l1Bytes, concurrent),
              mib(STOPPED_FOR_AT_MOST)));
    }
    long keys = l1Bytes / SMALL_ENTRY_BYTES;
    if (trackedKeys < keys) {
      sentences.add(
          String.format(
              Locale.ROOT,
              "l1.max-bytes is %d MiB, room for %d values of 100 bytes, but"
                  + " coherence.max-tracked-keys lets it hold %d; Redis itself remembers 1000000 for"
                  + " all its clients unless its tracking-table-max-keys says otherwise",
              mib(l1Bytes),
              keys,
              trackedKeys));
    }
    return sentences;
  }

  /** The image's own file of flags names a collector; only what comes after it takes it back. */
  private static String flagsFor(long l1Bytes, boolean concurrent) {
    boolean wantsZ = concurrent || l1Bytes > STOPPED_FOR_AT_MOST;
    String heap = "-Xmx" + mib(heapFor(l1Bytes, wantsZ)) + "m";
    return wantsZ
        ? String.format(
            "%s %s in NEARSIDE_JAVA_OPTS (in the image: -XX:-UseSerialGC %1$s %2$s in"
                + " _JAVA_OPTIONS)",
            USE_Z, heap)
        : heap + " in NEARSIDE_JAVA_OPTS (JDK_JAVA_OPTIONS in the image)";
  }

  /** Returns the heap that an L1 of this size needs. */
  private static long heapFor(long l1Bytes, boolean concurrent) {
    return (long) (spare(concurrent) * l1Bytes) + BESIDE_BYTES;
  }

  private static long l1In(long heapBytes, boolean concurrent) {
    long most = concurrent ? Long.MAX_VALUE : STOPPED_FOR_AT_MOST;
    return Math.clamp((long) ((heapBytes - BESIDE_BYTES) / spare(concurrent)), MIB, most);
  }

  private static double spare(boolean concurrent) {
    return concurrent ? SPARE_OF_CONCURRENT : SPARE;
  }

  private static long mib(long bytes) {
    return bytes / MIB;
  }
}

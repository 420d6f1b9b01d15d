package dev.nearside.proxy;

import dev.nearside.proxy.config.NearsideConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Says at the start what keeps L1 from ever holding as much as it may. Pure functions. */
final class L1Room {
  private static final long MIB = 1 << 20;

  /** Of the heap, for a collection of a full L1: without free room it runs all the time. */
  private static final double SPARE = 1.1;

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
        Runtime.getRuntime().maxMemory());
  }

  static List<String> of(long l1Bytes, long trackedKeys, long heapBytes) {
    List<String> sentences = new ArrayList<>();
    if (heapBytes < heapFor(l1Bytes) - UNREPORTED_BYTES) {
      sentences.add(
          String.format(
              Locale.ROOT,
              "l1.max-bytes is %d MiB, which needs a heap of %d MiB, and the heap is %d MiB: memory"
                  + " pressure will keep L1 smaller; expected -Xmx%dm in NEARSIDE_JAVA_OPTS"
                  + " (JDK_JAVA_OPTIONS in the image), or l1.max-bytes of at most %dMiB",
              mib(l1Bytes),
              mib(heapFor(l1Bytes)),
              mib(heapBytes),
              mib(heapFor(l1Bytes)),
              mib(l1In(heapBytes))));
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

  /** Returns the heap that an L1 of this size needs. */
  private static long heapFor(long l1Bytes) {
    return (long) (SPARE * l1Bytes) + BESIDE_BYTES;
  }

  private static long l1In(long heapBytes) {
    return Math.max(MIB, (long) ((heapBytes - BESIDE_BYTES) / SPARE));
  }

  private static long mib(long bytes) {
    return bytes / MIB;
  }
}

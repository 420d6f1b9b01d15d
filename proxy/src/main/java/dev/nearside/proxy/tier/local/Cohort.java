package dev.nearside.proxy.tier.local;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What many entries have in common, kept once for all of them. Immutable.
 *
 * <p>Its base is what makes the times of an entry small: an entry keeps them as unsigned 32-bit
 * counts of {@link #TICK_NS} since then, which reach 13 days. They cannot wrap, however long the
 * process lives: an entry joins only a cohort that is younger than {@link #OPEN_NS}, is renewed
 * only within the first half of that range, and what would lie beyond its end expires there, and
 * what lies before its base is over. Both times are rounded down, so that an entry never seems
 * younger, nor lives longer, than it is and may.
 *
 * @param database the database its keys are in
 * @param epoch the epoch of its shard in which its flights began
 * @param namespace the number of its namespace in metrics
 * @param baseNs a moment not after the first flight's start
 */
record Cohort(int database, long epoch, int namespace, long baseNs) {
  static final int TICK_SHIFT = 18;

  /** The unit of times: about a quarter of a millisecond. */
  static final long TICK_NS = 1L << TICK_SHIFT;

  /** For how long new entries join: an hour. */
  static final long OPEN_NS = 3_600_000_000_000L;

  private static final long MAX_TICKS = 0xFFFF_FFFFL;

  /** Returns the moment as it is kept: rounded down, and moved into the range. */
  int ticks(long atNs) {
    return (int) Math.clamp((atNs - baseNs) >> TICK_SHIFT, 0, MAX_TICKS);
  }

  /** Returns the moment that is kept as {@code ticks}. */
  long ns(int ticks) {
    return baseNs + (Integer.toUnsignedLong(ticks) << TICK_SHIFT);
  }

  /** Returns whether an entry may be renewed by a read of {@code atNs}: 6 days are left then. */
  boolean renewsAt(long atNs) {
    long ticks = (atNs - baseNs) >> TICK_SHIFT;
    return ticks >= 0 && ticks <= MAX_TICKS / 2;
  }

  private boolean takes(int ofDatabase, long ofEpoch, int ofNamespace, long atNs) {
    long ageNs = atNs - baseNs;
    return database == ofDatabase
        && epoch == ofEpoch
        && namespace == ofNamespace
        && ageNs >= 0
        && ageNs < OPEN_NS;
  }

  /**
   * The cohorts that new entries join. Thread-safe: two threads may begin the same one, and then
   * there are two.
   */
  static final class Current {
    private static final int SLOTS = 256;
    private static final int STEP = 31;

    private final AtomicReferenceArray<@Nullable Cohort> slots = new AtomicReferenceArray<>(SLOTS);

    /** Returns the cohort of an entry whose flight begins at {@code atNs}. */
    Cohort of(int database, long epoch, int namespace, long atNs) {
      int slot = (int) ((epoch * STEP + database) * STEP + namespace) & (SLOTS - 1);
      Cohort current = slots.getPlain(slot);
      if (current == null || !current.takes(database, epoch, namespace, atNs)) {
        current = new Cohort(database, epoch, namespace, atNs);
        slots.setRelease(slot, current);
      }
      return current;
    }
  }
}

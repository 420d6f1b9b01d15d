package dev.nearside.proxy.pressure;

import dev.nearside.agent.Level;
import java.util.concurrent.TimeUnit;

/** What a level is still worth when nobody has confirmed it for a while: we fail open. */
final class EffectiveLevel {
  static final long HOLD_NS = TimeUnit.SECONDS.toNanos(5);
  static final long STEP_NS = TimeUnit.SECONDS.toNanos(2);

  private EffectiveLevel() {}

  /** Returns whether a level of that age is one to let go of. */
  static boolean stale(long ageNs) {
    return ageNs > HOLD_NS;
  }

  /**
   * Returns the level after {@code ageNs}: itself for five seconds, then one step less at once and
   * after every two seconds more, so that CRITICAL is NORMAL after nine.
   */
  static Level of(Level level, long ageNs) {
    Level left = level;
    for (long pastNs = ageNs - HOLD_NS; pastNs > 0 && left != Level.NORMAL; pastNs -= STEP_NS) {
      left = left.below();
    }
    return left;
  }
}

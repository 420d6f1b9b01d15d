package dev.nearside.agent.pressure;

import dev.nearside.agent.Level;
import java.util.concurrent.TimeUnit;

/**
 * The level of one resource over time. Scores in, level out:
 *
 * <pre>
 *   score      0 ........ 0.25 ........ 0.6 ........ 0.9 ..... 1
 *   entered at             ELEVATED      HIGH         CRITICAL
 *   left under        0.13          0.48         0.78
 *   after             5 s           10 s         15 s
 * </pre>
 *
 * <p><b>Up</b>: to any level at once when the value is believed; else the level is a candidate, and
 * what every sample of the next 100 ms confirms is entered. <b>Down</b>: one level at a time, after
 * the score was under the exit of the present level, without a break, for its dwell, counted anew
 * in each level. Confined to the agent's thread.
 */
final class LevelState {
  static final long CONFIRM_NS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final double HYSTERESIS = 0.12;

  private final Dwell dwell = new Dwell();
  private Level level = Level.NORMAL;
  private long sinceNs;
  private Level candidate = Level.NORMAL;
  private long candidateSinceNs;
  private boolean under;
  private long underSinceNs;

  LevelState(long nowNs) {
    sinceNs = nowNs;
  }

  Level level() {
    return level;
  }

  long sinceNs() {
    return sinceNs;
  }

  /** Returns whether a candidate waits to be confirmed. */
  boolean confirming() {
    return candidate != Level.NORMAL;
  }

  /** Returns when the candidate, if there is one, can be confirmed. */
  long confirmAtNs() {
    return candidateSinceNs + CONFIRM_NS;
  }

  /**
   * Takes a score.
   *
   * @param score 0 to 1; a resource nobody can read any more is 0, so that it comes down
   * @param believed the level that needs no confirmation
   * @return whether the level changed
   */
  boolean update(double score, Level believed, long nowNs) {
    Level raw = Level.of(score);
    Level before = level;
    if (raw.compareTo(level) > 0) {
      under = false;
      rise(raw, believed, nowNs);
    } else {
      candidate = Level.NORMAL;
      fall(score, nowNs);
    }
    if (level == Level.NORMAL) {
      dwell.calm(nowNs - sinceNs);
    }
    return level != before;
  }

  private void rise(Level raw, Level believed, long nowNs) {
    if (believed.compareTo(level) > 0) {
      enter(believed, nowNs);
    }
    if (raw.compareTo(level) <= 0) {
      candidate = Level.NORMAL;
      return;
    }
    if (candidate.compareTo(level) <= 0) {
      propose(raw, nowNs);
      return;
    }
    candidate = Level.mildest(candidate, raw);
    if (nowNs - candidateSinceNs >= CONFIRM_NS) {
      enter(candidate, nowNs);
      propose(raw.compareTo(level) > 0 ? raw : Level.NORMAL, nowNs);
    }
  }

  private void propose(Level proposed, long nowNs) {
    candidate = proposed;
    candidateSinceNs = nowNs;
  }

  private void fall(double score, long nowNs) {
    if (level == Level.NORMAL || score >= level.entryScore() - HYSTERESIS) {
      under = false;
      return;
    }
    if (!under) {
      under = true;
      underSinceNs = nowNs;
    }
    if (nowNs - underSinceNs >= dwell.ofNs(level)) {
      enter(level.below(), nowNs);
      underSinceNs = nowNs;
      under = level != Level.NORMAL && score < level.entryScore() - HYSTERESIS;
    }
  }

  private void enter(Level next, long nowNs) {
    level = next;
    sinceNs = nowNs;
    dwell.changed(nowNs);
  }
}

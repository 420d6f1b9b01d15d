package dev.nearside.agent;

import java.util.Locale;

/** How short a resource is, in rising order. Each level is entered at a score and left below it. */
public enum Level {
  /** Nothing to do. */
  NORMAL(0, 0.0),
  /** Give memory back and stop optional work. */
  ELEVATED(1, 0.25),
  /** Slow down. */
  HIGH(2, 0.6),
  /** Serve what matters most and nothing else. */
  CRITICAL(3, 0.9);

  private final int severity;
  private final double entryScore;

  Level(int severity, double entryScore) {
    this.severity = severity;
    this.entryScore = entryScore;
  }

  /** Returns the level a score in 0 to 1 belongs to, without hysteresis; not a number is NORMAL. */
  public static Level of(double score) {
    if (score >= CRITICAL.entryScore) {
      return CRITICAL;
    }
    if (score >= HIGH.entryScore) {
      return HIGH;
    }
    return score >= ELEVATED.entryScore ? ELEVATED : NORMAL;
  }

  /** Returns 0 for NORMAL to 3 for CRITICAL, as metrics write it. */
  public int severity() {
    return severity;
  }

  /** Returns the least score of this level, in 0 to 1. */
  public double entryScore() {
    return entryScore;
  }

  /** Returns the greatest score that is still this level. */
  public double topScore() {
    return switch (this) {
      case NORMAL -> Math.nextDown(ELEVATED.entryScore);
      case ELEVATED -> Math.nextDown(HIGH.entryScore);
      case HIGH -> Math.nextDown(CRITICAL.entryScore);
      case CRITICAL -> 1.0;
    };
  }

  /** Returns the level below this one; there is none below NORMAL. */
  public Level below() {
    return switch (this) {
      case NORMAL, ELEVATED -> NORMAL;
      case HIGH -> ELEVATED;
      case CRITICAL -> HIGH;
    };
  }

  /** Returns whether this level is {@code other} or worse. */
  public boolean atLeast(Level other) {
    return compareTo(other) >= 0;
  }

  /** Returns the worse of the two. */
  public static Level worst(Level a, Level b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  /** Returns the less bad of the two. */
  public static Level mildest(Level a, Level b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  /** Returns the level in lower case, as metrics and logs write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package dev.nearside.benchmarks.coherence;

/** How much a run does: as much as its figures need, or just enough to see that it works. */
enum Effort {
  FULL,
  /** A third of it. */
  QUICK,
  SHORT;

  private static final int THIRD = 3;

  /** Returns the number that fits. */
  int of(int full, int brief) {
    return switch (this) {
      case FULL -> full;
      case QUICK -> Math.max(brief, full / THIRD);
      case SHORT -> brief;
    };
  }
}

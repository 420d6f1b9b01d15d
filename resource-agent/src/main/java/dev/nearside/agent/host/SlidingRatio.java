package dev.nearside.agent.host;

/**
 * How fast one counter grew against another over the last while, whatever the pace of sampling.
 *
 * <p>A share of a single 100 ms interval is noise (it holds one quota period), so growth is taken
 * since the youngest remembered sample that is at least {@code lengthNs} old, or the oldest there
 * is. At most one sample in a sixth of that length is remembered. Confined to one thread.
 */
final class SlidingRatio {
  private static final int SLOTS = 8;
  private static final int SPACING = 6;

  private final long lengthNs;
  private final long[] timesNs = new long[SLOTS];
  private final double[] parts = new double[SLOTS];
  private final double[] wholes = new double[SLOTS];
  private int oldest;
  private int count;

  SlidingRatio(long lengthNs) {
    this.lengthNs = lengthNs;
  }

  /**
   * Adds a sample of both counters.
   *
   * @return growth of {@code part} over growth of {@code whole}; 0 when the whole did not grow; not
   *     a number for a first sample, and when a counter ran backwards (it was replaced)
   */
  double add(long nowNs, double part, double whole) {
    if (count > 0 && (part < parts[newest()] || whole < wholes[newest()])) {
      count = 0;
    }
    while (count > 1 && nowNs - timesNs[(oldest + 1) % SLOTS] >= lengthNs) {
      oldest = (oldest + 1) % SLOTS;
      count--;
    }
    double ratio = count == 0 ? Double.NaN : since(oldest, part, whole);
    if (count == 0 || nowNs - timesNs[newest()] >= lengthNs / SPACING) {
      remember(nowNs, part, whole);
    }
    return ratio;
  }

  /** Forgets everything: the next sample is a first one. */
  void reset() {
    count = 0;
  }

  private double since(int slot, double part, double whole) {
    double grown = whole - wholes[slot];
    return grown <= 0 ? 0 : (part - parts[slot]) / grown;
  }

  private int newest() {
    return (oldest + count - 1) % SLOTS;
  }

  private void remember(long nowNs, double part, double whole) {
    if (count == SLOTS) {
      oldest = (oldest + 1) % SLOTS;
      count--;
    }
    int slot = (oldest + count++) % SLOTS;
    timesNs[slot] = nowNs;
    parts[slot] = part;
    wholes[slot] = whole;
  }
}

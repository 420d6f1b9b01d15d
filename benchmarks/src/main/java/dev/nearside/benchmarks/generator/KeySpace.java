package dev.nearside.benchmarks.generator;

/**
 * Which keys are asked for.
 *
 * @param hot how many there are of each family that is asked for again and again
 * @param zipfian whether a few of those are asked for most of the time (Zipf, s = 0.99), else all
 *     equally often
 * @param cold how many there are to be read one after the other
 * @param hotReads which share of the reads goes to hot keys, the others to cold ones
 */
public record KeySpace(int hot, boolean zipfian, int cold, double hotReads) {
  /** Returns hot keys alone, asked for equally often. */
  public static KeySpace uniform(int hot) {
    return new KeySpace(hot, false, 0, 1);
  }

  /** Returns the same, a few of the hot keys asked for most of the time. */
  public KeySpace asZipfian() {
    return new KeySpace(hot, true, cold, hotReads);
  }

  /** Returns the same with this share of the reads for the hot keys, the others for cold ones. */
  public KeySpace withCold(int keys, double share) {
    return new KeySpace(hot, zipfian, keys, share);
  }
}

package dev.nearside.benchmarks.generator;

/** Keys that serve one purpose: a prefix and a number, all of one length. */
public enum KeyFamily {
  /** Read again and again. */
  HOT("value:"),
  /** Read one after the other, none twice before all others. */
  COLD("cold:"),
  /** Counted up, and summed up at the end. */
  COUNTER("counter:"),
  /** Only written, so that writes take nothing out of memory. */
  WRITTEN("written:");

  private final String prefix;

  KeyFamily(String prefix) {
    this.prefix = prefix;
  }

  /** Returns the key of this number. */
  public String key(int number) {
    return Numbers.fill(pattern(), number);
  }

  /** Returns what matches all its keys, as KEYS takes it. */
  public String glob() {
    return prefix + "*";
  }

  /** Returns the key with {@link Numbers#PLACE} in its number's place. */
  String pattern() {
    return prefix + Numbers.PLACE;
  }
}

package dev.nearside.proxy.invalidation;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A pattern as Redis's KEYS takes it (its {@code stringmatchlen}), over bytes: {@code *}, {@code
 * ?}, {@code [a-c]}, {@code [^a]} and {@code \x} for {@code x} itself. A class that is not closed
 * ends with the pattern, and a backslash at the pattern's end stands for itself. Immutable.
 *
 * <p>A failed attempt goes back to the last {@code *} only, as every earlier one has then matched
 * as little as it can. So a match takes at most the product of both lengths.
 */
public final class Glob {
  /** The longest pattern; names in L1 are shorter, and escapes do not multiply them by more. */
  public static final int MAX_BYTES = 4096;

  private final byte[] text;
  private final BitSet[] steps; // null is *
  private int at;

  /**
   * Reads a pattern; every text is one.
   *
   * @throws IllegalArgumentException if it is longer than {@link #MAX_BYTES}
   */
  public Glob(byte[] text) {
    if (text.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "the pattern has " + text.length + " bytes; expected at most " + MAX_BYTES);
    }
    this.text = text;
    List<BitSet> read = new ArrayList<>();
    while (at < text.length) {
      read.add(step());
    }
    steps = read.toArray(BitSet[]::new);
  }

  /** Returns the pattern as it was written; never to be changed. */
  public byte[] text() {
    return text;
  }

  /** Returns whether {@code name[0, length)} matches; allocates nothing. */
  public boolean matches(byte[] name, int length) {
    int step = 0;
    int i = 0;
    int stepBehindStar = -1;
    int takenByStar = 0;
    while (i < length) {
      if (step < steps.length && steps[step] == null) {
        stepBehindStar = ++step;
        takenByStar = i;
      } else if (step < steps.length && steps[step].get(name[i] & 0xff)) {
        step++;
        i++;
      } else if (stepBehindStar >= 0) {
        step = stepBehindStar;
        i = ++takenByStar;
      } else {
        return false;
      }
    }
    while (step < steps.length && steps[step] == null) {
      step++;
    }
    return step == steps.length;
  }

  @SuppressWarnings("NullAway") // a step of null is *, and only matches() looks at steps
  private BitSet step() {
    int b = text[at++] & 0xff;
    return switch (b) {
      case '*' -> null;
      case '?' -> all();
      case '[' -> characters();
      case '\\' -> one(at < text.length ? text[at++] & 0xff : b);
      default -> one(b);
    };
  }

  /** What stands behind a {@code [}, up to its {@code ]} or the end. */
  private BitSet characters() {
    boolean not = at < text.length && text[at] == '^';
    at += not ? 1 : 0;
    BitSet set = new BitSet(256);
    while (at < text.length && text[at] != ']') {
      int first = text[at] & 0xff;
      if (first == '\\' && at + 1 < text.length) {
        set.set(text[at + 1] & 0xff);
        at += 2;
      } else if (at + 2 < text.length && text[at + 1] == '-') {
        int last = text[at + 2] & 0xff;
        set.set(Math.min(first, last), Math.max(first, last) + 1);
        at += 3;
      } else {
        set.set(first);
        at++;
      }
    }
    at++;
    if (not) {
      set.flip(0, 256);
    }
    return set;
  }

  private static BitSet one(int b) {
    BitSet set = new BitSet(256);
    set.set(b);
    return set;
  }

  private static BitSet all() {
    BitSet set = new BitSet(256);
    set.set(0, 256);
    return set;
  }
}

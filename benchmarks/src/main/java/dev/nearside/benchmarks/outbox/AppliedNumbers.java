package dev.nearside.benchmarks.outbox;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** The numbers that the database was given for one key, which must rise. */
final class AppliedNumbers {
  private static final int SHOWN = 12;

  private final Deque<Long> latest = new ArrayDeque<>();

  /** Takes the next one; returns what is wrong with it, or null. */
  @Nullable String take(long number) {
    Long before = latest.peekLast();
    latest.addLast(number);
    if (latest.size() > SHOWN) {
      latest.removeFirst();
    }
    if (before == null || number > before) {
      return null;
    }
    return number == before ? number + " applied twice" : number + " applied behind " + before;
  }

  @Override
  public String toString() {
    return "applied " + latest;
  }
}

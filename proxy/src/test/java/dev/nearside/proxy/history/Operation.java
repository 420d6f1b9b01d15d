package dev.nearside.proxy.history;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one client asked at once and what it was told: one command, or what one EXEC or script did.
 *
 * @param connection who asked; a client that connects again is another one
 * @param sidecar 0 or 1, or {@link #DIRECT}
 * @param pipeline number of the write, on its connection, that it was sent in
 * @param relaxed whether it is a read that L1 may have answered
 * @param steps the commands, in order
 * @param invokedNs just before its bytes were written
 * @param answeredNs just after its reply was read; {@link #NEVER} where none came
 * @param replies to each step, or null where none came
 */
@SuppressWarnings("ArrayRecordComponent") // never changed; a list would box or double what is held
record Operation(
    int connection,
    int sidecar,
    int pipeline,
    boolean relaxed,
    Step[] steps,
    long invokedNs,
    long answeredNs,
    Object @Nullable [] replies) {
  static final int DIRECT = -1;
  static final long NEVER = Long.MAX_VALUE;

  boolean isAnswered() {
    return replies != null;
  }

  /** Returns the slots that its replies tell of, one bit each. */
  int shown() {
    int mask = 0;
    for (Step step : steps) {
      mask |= step.shown();
    }
    return mask;
  }

  /** Returns the slots that it has changed for sure. */
  int changed() {
    int mask = 0;
    if (replies != null) {
      for (int i = 0; i < steps.length; i++) {
        mask |= steps[i].changed(replies[i], Group.KEYS);
      }
    }
    return mask;
  }

  /** Returns whether its reply tells nothing about what others wrote. */
  boolean isBlind() {
    return steps.length == 1 && steps[0].isBlind();
  }

  /** Returns whether its replies say that it has changed nothing. */
  boolean isPure() {
    boolean pure = replies != null;
    for (int i = 0; pure && i < steps.length; i++) {
      pure = steps[i].isPure(replies[i]);
    }
    return pure;
  }

  /** What happened twice are two operations, be they alike. */
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  /** Returns it in words, times in microseconds since {@code startNs}. */
  String describe(long startNs) {
    String path = sidecar == DIRECT ? "direct" : "sidecar " + (char) ('A' + sidecar);
    String end = isAnswered() ? Long.toString((answeredNs - startNs) / 1000) : "never";
    return "[%d .. %s us] client %d, %s%s: %s -> %s"
        .formatted(
            (invokedNs - startNs) / 1000,
            end,
            connection,
            path,
            relaxed ? ", may be local" : "",
            Arrays.toString(steps),
            Arrays.toString(replies));
  }
}

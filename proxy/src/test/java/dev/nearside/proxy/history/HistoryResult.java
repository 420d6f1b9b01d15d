package dev.nearside.proxy.history;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run was, and what it found.
 *
 * @param operations checked ones
 * @param rounds checked ones
 * @param undecided rounds whose check was given up
 * @param unanswered connections that broke with something unanswered
 * @param strikes how often the fault struck
 * @param time from the first operation to the last
 * @param counters of both sidecars
 * @param recoveries what was measured of failovers, for each sidecar
 * @param violations what was found, in words, at most as many as are kept
 * @param toFirst the time to the first violation, or null where there was none
 */
record HistoryResult(
    Scenario scenario,
    long seed,
    long operations,
    long rounds,
    long undecided,
    long unanswered,
    long strikes,
    Duration time,
    Counters counters,
    List<Recovery> recoveries,
    List<String> violations,
    @Nullable Duration toFirst) {
  /** Returns how many operations were played and checked in a second. */
  double rate() {
    return operations * 1e9 / time.toNanos();
  }

  @Override
  public String toString() {
    return "%s, seed %d: %d operations in %d rounds and %.1f s (%.0f/s), %d strikes, %d unanswered, %d undecided, %.1f %% of %d reads local, %s%s%s"
        .formatted(
            scenario,
            seed,
            operations,
            rounds,
            time.toMillis() / 1000.0,
            rate(),
            strikes,
            unanswered,
            undecided,
            100 * counters.localShare(),
            counters.reads(),
            counters,
            recoveries.isEmpty() ? "" : "\n" + recoveries,
            violations.isEmpty()
                ? ""
                : "\nVIOLATION after " + toFirst + ": " + String.join("\n", violations));
  }
}

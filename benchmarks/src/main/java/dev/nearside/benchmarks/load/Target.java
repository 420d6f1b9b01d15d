package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Measure;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A ratio to be reached; the report says in one column whether it was. Nothing else depends on it.
 *
 * @param server whose measure it is about
 * @param measure which
 * @param atLeast whether the ratio should not be below the limit, else not above
 * @param limit as a multiple of the peer's
 * @param peer what it is compared with
 */
record Target(String server, Measure measure, boolean atLeast, double limit, String peer) {
  static Target atLeast(double limit, Measure measure, String peer) {
    return new Target(Entrant.NEARSIDE, measure, true, limit, peer);
  }

  static Target atMost(double limit, Measure measure, String peer) {
    return new Target(Entrant.NEARSIDE, measure, false, limit, peer);
  }

  /** Returns the same about another server. */
  Target of(String other) {
    return new Target(other, measure, atLeast, limit, peer);
  }

  /** Returns the target, the ratio measured and whether that meets it, in words. */
  String verdict(Series own, List<Series> all) {
    String text =
        String.format(
            Locale.ROOT, "%s %s %.2f × %s", measure.label(), atLeast ? "≥" : "≤", limit, peer);
    Optional<Series> other = all.stream().filter(series -> series.server().equals(peer)).findAny();
    if (other.isEmpty()) {
      return text + ": it did not take part";
    }
    double ratio = own.ratio(other.get(), measure);
    boolean met = atLeast ? ratio >= limit : ratio <= limit;
    return String.format(Locale.ROOT, "%s: %.2f, %s", text, ratio, met ? "met" : "not met");
  }
}

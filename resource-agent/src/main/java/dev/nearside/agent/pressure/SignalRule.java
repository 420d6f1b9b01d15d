package dev.nearside.agent.pressure;

import dev.nearside.agent.Level;
import dev.nearside.agent.Resource;
import dev.nearside.agent.Scope;
import java.time.Duration;

/**
 * What a value means: {@code score = clamp((value − lo) / (hi − lo), 0, 1)}.
 *
 * @param name the signal's name in metrics and causes
 * @param scope whose resource it tells of
 * @param resource which
 * @param lo the value at which it starts to count
 * @param hi the value at which it counts in full
 * @param most the worst level it may cause by itself
 * @param atOnce the value from which a level needs no confirmation; not a number for none
 * @param holdNs 0 for a gauge; otherwise the value is a counter whose growth counts for this long,
 *     and the signal's value is how much it grew in that time
 */
public record SignalRule(
    String name,
    Scope scope,
    Resource resource,
    double lo,
    double hi,
    Level most,
    double atOnce,
    long holdNs) {
  /** Refuses bounds that are not in order. */
  public SignalRule {
    if (!(lo < hi)) {
      throw new IllegalArgumentException(name + ": bounds " + lo + ".." + hi + " not in order");
    }
  }

  /** A gauge with two bounds that may go to CRITICAL, each level confirmed. */
  public static SignalRule gauge(
      String name, Scope scope, Resource resource, double lo, double hi) {
    return new SignalRule(name, scope, resource, lo, hi, Level.CRITICAL, Double.NaN, 0);
  }

  /** A counter: one more event is {@code most} for {@code hold}. */
  public static SignalRule event(
      String name, Scope scope, Resource resource, Level most, Duration hold) {
    return new SignalRule(name, scope, resource, 0, 1, most, Double.NaN, hold.toNanos());
  }

  /** Returns the same rule, which is believed without confirmation from {@code value} on. */
  public SignalRule believedFrom(double value) {
    return new SignalRule(name, scope, resource, lo, hi, most, value, holdNs);
  }

  /** Returns the same rule, which causes at most {@code level} by itself. */
  public SignalRule atMost(Level level) {
    return new SignalRule(name, scope, resource, lo, hi, level, atOnce, holdNs);
  }

  /** Returns the score of a value, 0 to 1 and within {@code most}; not a number for no value. */
  double score(double value) {
    double score = Math.clamp((value - lo) / (hi - lo), 0.0, 1.0);
    return Math.min(score, most.topScore());
  }
}

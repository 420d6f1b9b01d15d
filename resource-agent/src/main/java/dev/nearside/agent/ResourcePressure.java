package dev.nearside.agent;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One resource within a scope.
 *
 * @param resource which
 * @param level its level, hysteresis and dwell applied
 * @param score the worst score of its signals, 0 to 1; not a number when none can be read
 * @param sinceNs when the level was entered, on the clock of {@link PressureSource}
 * @param stuck whether it has been HIGH or worse for ten minutes with nothing falling
 * @param cause why it last changed, or null while it never has
 * @param signals what it is made of; signals that were never read are left out
 */
public record ResourcePressure(
    Resource resource,
    Level level,
    double score,
    long sinceNs,
    boolean stuck,
    @Nullable Cause cause,
    List<Signal> signals) {
  /** Keeps its own copy of the signals. */
  public ResourcePressure {
    signals = List.copyOf(signals);
  }
}

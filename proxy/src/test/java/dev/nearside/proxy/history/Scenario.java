package dev.nearside.proxy.history;

import java.time.Duration;
import java.util.Locale;

/**
 * What a run is played in.
 *
 * @param shape what the sidecars have behind them
 * @param weather between sidecars and Redis
 * @param fault what befalls it, again and again
 * @param flushes whether clients also flush and swap databases, each arena its own
 */
record Scenario(Shape shape, Weather weather, Fault fault, boolean flushes) {
  Scenario {
    if (!fault.befalls(shape)) {
      throw new IllegalArgumentException(fault + " does not befall " + shape);
    }
  }

  /** On one Redis. */
  Scenario(Weather weather, Fault fault, boolean flushes) {
    this(Shape.SINGLE, weather, fault, flushes);
  }

  static Scenario of(Weather weather) {
    return new Scenario(weather, Fault.NONE, false);
  }

  static Scenario of(Fault fault) {
    return new Scenario(Weather.CALM, fault, false);
  }

  /** Returns the bound on staleness that the sidecars are given. */
  Duration maxStaleness() {
    return weather.isCalm() && fault != Fault.NONE ? Duration.ofMillis(400) : Duration.ofSeconds(1);
  }

  /** Returns whether anything lies between the sidecars and the servers. */
  boolean hasHops() {
    return !weather.isCalm() || fault.needsHops();
  }

  /** Returns how many groups are played at a time: who waits costs nothing. */
  int arenas() {
    if (flushes) {
      return 5;
    }
    return weather.isCalm() ? 5 : 24;
  }

  /** Returns how many databases are used. */
  int databases() {
    return flushes ? 2 * arenas() : 2;
  }

  @Override
  public String toString() {
    String front = shape == Shape.SINGLE ? "" : shape + ", ";
    String name = front + weather + (flushes ? " and flushes" : "");
    return (fault == Fault.NONE ? name : name + ", " + fault)
        .toLowerCase(Locale.ROOT)
        .replace('_', ' ');
  }
}

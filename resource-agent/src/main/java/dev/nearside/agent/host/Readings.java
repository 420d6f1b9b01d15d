package dev.nearside.agent.host;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The newest value of every reading; not a number where there is none, never zero in its place.
 *
 * <p>One writer, the agent's thread; read by any thread, each value by itself.
 */
public final class Readings {
  private final Map<Reading, AtomicLong> bits = new EnumMap<>(Reading.class);

  /** Starts with every value absent. */
  public Readings() {
    for (Reading reading : Reading.values()) {
      bits.put(reading, new AtomicLong(Double.doubleToRawLongBits(Double.NaN)));
    }
  }

  /** Returns the value, or not a number when it is absent. */
  public double get(Reading reading) {
    return Double.longBitsToDouble(cell(reading).getAcquire());
  }

  /** Returns whether there is a value. */
  public boolean has(Reading reading) {
    return !Double.isNaN(get(reading));
  }

  void set(Reading reading, double value) {
    cell(reading).setRelease(Double.doubleToRawLongBits(value));
  }

  void clear(Reading reading) {
    set(reading, Double.NaN);
  }

  private AtomicLong cell(Reading reading) {
    return Objects.requireNonNull(bits.get(reading)); // each has one, see the constructor
  }
}

package dev.nearside.proxy.config;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whole numbers with a unit: {@code 64MiB}, {@code 500ms}. A unit is always asked for, since a
 * forgotten one is off by a factor that nobody notices until later.
 */
final class Quantity {
  private static final Pattern NUMBER_AND_UNIT = Pattern.compile("([0-9]{1,18}) ?([A-Za-z]*)");

  private final List<Unit> units;

  private record Unit(String name, long factor) {}

  /**
   * @param units names with their factors, the smallest first
   */
  private Quantity(Unit... units) {
    this.units = List.of(units);
  }

  /** Returns sizes, in bytes. */
  static Quantity sizes() {
    return new Quantity(
        new Unit("B", 1),
        new Unit("KiB", 1L << 10),
        new Unit("MiB", 1L << 20),
        new Unit("GiB", 1L << 30));
  }

  /** Returns durations, in milliseconds. */
  static Quantity durations() {
    return new Quantity(
        new Unit("ms", 1), new Unit("s", 1_000), new Unit("m", 60_000), new Unit("h", 3_600_000));
  }

  /** Returns the quantity in the smallest unit. */
  Parsed<Long> parse(String text, long min, long max) {
    Matcher matcher = NUMBER_AND_UNIT.matcher(text);
    if (!matcher.matches()) {
      return Parsed.refused();
    }
    if (matcher.group(2).isEmpty()) {
      return Parsed.refused("has no unit");
    }
    long number = Long.parseLong(matcher.group(1));
    for (Unit unit : units) {
      if (unit.name.equals(matcher.group(2))) {
        return inRange(number, unit.factor, min, max);
      }
    }
    return Parsed.refused();
  }

  private Parsed<Long> inRange(long number, long factor, long min, long max) {
    if (number > max / factor) {
      return Parsed.refused("is too large: the most is " + format(max));
    }
    long value = number * factor;
    return value < min
        ? Parsed.refused("is too small: the least is " + format(min))
        : Parsed.good(value);
  }

  /** Returns the text with the largest unit that needs no fraction. */
  String format(long value) {
    for (Unit unit : units.reversed()) {
      if (value >= unit.factor && value % unit.factor == 0) {
        return value / unit.factor + unit.name;
      }
    }
    return value + units.getFirst().name;
  }

  /** Returns the names of the units, for example {@code B, KiB, MiB or GiB}. */
  String unitNames() {
    return Wording.or(units.stream().map(Unit::name).toList());
  }
}

package dev.nearside.proxy.telemetry;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What {@code promtool check metrics} finds fault with, and what the naming rules of Prometheus ask
 * beyond it (prometheus.io/docs/practices/naming).
 */
final class ExpositionLint {
  private static final Set<String> TYPE_WORDS =
      Set.of("counter", "gauge", "histogram", "summary", "untyped");
  private static final Set<String> NOT_BASE_UNITS =
      Set.of(
          "s",
          "ms",
          "us",
          "ns",
          "sec",
          "milliseconds",
          "microseconds",
          "nanoseconds",
          "minutes",
          "hours",
          "b",
          "kb",
          "mb",
          "gb",
          "kilobytes",
          "megabytes",
          "bits",
          "percent");
  private static final Pattern NAME = Pattern.compile("nearside(_[a-z0-9]+)+");
  private static final Pattern LABEL = Pattern.compile("[a-z]+(_[a-z]+)*");

  private ExpositionLint() {}

  /** Returns a sentence for each fault, or nothing. */
  static List<String> faults(Exposition exposition) {
    List<String> faults = new ArrayList<>();
    exposition.families().values().forEach(family -> family(family, faults));
    exposition.samples().forEach(sample -> sample(exposition, sample, faults));
    return faults;
  }

  private static void family(Exposition.Family family, List<String> faults) {
    String name = family.name();
    boolean counter = family.type().equals("counter");
    check(NAME.matcher(name).matches(), name, "is not nearside_ and lower case words", faults);
    check(!family.type().isEmpty(), name, "has no type", faults);
    check(family.help().endsWith("."), name, "is not explained by a sentence", faults);
    check(counter == name.endsWith("_total"), name, "_total is for counters, all of them", faults);
    check(
        Stream.of(name.split("_", -1)).noneMatch(TYPE_WORDS::contains),
        name,
        "names a type",
        faults);
    check(
        Stream.of(name.split("_", -1)).noneMatch(NOT_BASE_UNITS::contains),
        name,
        "has a unit that is no base unit",
        faults);
    check(
        Stream.of("_count", "_sum", "_bucket", "_created").noneMatch(name::endsWith),
        name,
        "ends like a part of a histogram",
        faults);
  }

  private static void sample(Exposition exposition, Exposition.Sample sample, List<String> faults) {
    boolean histogram = exposition.families().get(sample.family()).type().equals("histogram");
    String expected = histogram ? sample.family() + "_(bucket|count|sum)" : sample.family();
    check(sample.name().matches(expected), sample.name(), "is outside its family", faults);
    check(
        sample.labels().containsKey("le") == (histogram && sample.name().endsWith("_bucket")),
        sample.name(),
        "has le where it must not, or lacks it",
        faults);
    check(
        sample.labels().keySet().stream().allMatch(key -> LABEL.matcher(key).matches()),
        sample.name(),
        "has a label not in lower case",
        faults);
  }

  private static void check(boolean ok, String name, String fault, List<String> faults) {
    if (!ok) {
      faults.add(name + " " + fault);
    }
  }
}

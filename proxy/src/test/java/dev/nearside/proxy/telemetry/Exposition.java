package dev.nearside.proxy.telemetry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Prometheus text format 0.0.4, read strictly: a line that is not understood fails the test. */
public final class Exposition {
  /** A sample as written, with its family's name. */
  public record Sample(String family, String name, Map<String, String> labels, double value) {}

  /** The lines HELP and TYPE of one family. */
  record Family(String name, String help, String type) {}

  private static final Pattern META = Pattern.compile("# (HELP|TYPE) ([a-zA-Z0-9_:]+) (.+)");
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)\\})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"([^\"]*)\",?");

  private final Map<String, Family> families = new LinkedHashMap<>();
  private final List<Sample> samples = new ArrayList<>();
  private String current = "";

  /** Reads {@code text}, a whole scrape. */
  public static Exposition parse(String text) {
    Exposition exposition = new Exposition();
    text.lines().forEach(exposition::line);
    return exposition;
  }

  /** Returns the value of one series, labels given as name, value, name, value. */
  public double value(String name, String... labels) {
    Map<String, String> wanted = new LinkedHashMap<>();
    for (int i = 0; i < labels.length; i += 2) {
      wanted.put(labels[i], labels[i + 1]);
    }
    return samples.stream()
        .filter(sample -> sample.name().equals(name) && sample.labels().equals(wanted))
        .mapToDouble(Sample::value)
        .reduce((a, b) -> {
          throw new AssertionError(name + wanted + " is there twice");
        })
        .orElseThrow(() -> new AssertionError(name + wanted + " is not there"));
  }

  /** Returns every sample, in order. */
  public List<Sample> samples() {
    return samples;
  }

  Map<String, Family> families() {
    return families;
  }

  private void line(String line) {
    Matcher meta = META.matcher(line);
    Matcher sample = SAMPLE.matcher(line);
    if (meta.matches()) {
      meta(meta.group(1), meta.group(2), meta.group(3));
    } else if (sample.matches()) {
      samples.add(
          new Sample(current, sample.group(1), labels(sample.group(2)), number(sample.group(3))));
    } else {
      throw new AssertionError("not the text format: " + line);
    }
  }

  private void meta(String kind, String name, String text) {
    if (kind.equals("HELP")) {
      current = name;
      if (families.put(name, new Family(name, text, "")) != null) {
        throw new AssertionError("family " + name + " is there twice");
      }
    } else {
      families.computeIfPresent(name, (key, family) -> new Family(key, family.help(), text));
    }
  }

  private static Map<String, String> labels(String text) {
    Map<String, String> labels = new LinkedHashMap<>();
    if (text != null) {
      Matcher label = LABEL.matcher(text);
      int end = 0;
      while (label.lookingAt()) {
        labels.put(label.group(1), label.group(2));
        end = label.end();
        label.region(end, text.length());
      }
      if (end != text.length()) {
        throw new AssertionError("not labels: " + text);
      }
    }
    return labels;
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }
}

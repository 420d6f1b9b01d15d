package dev.nearside.proxy.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the sources said, as text with its origin; later sources replace what earlier ones said.
 * Reading a value of the wrong form reports it and gives a stand-in, so that the rest is still
 * checked.
 */
final class Settings {
  private static final String CHOSEN_NAME = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

  private final Map<String, Setting> settings = new LinkedHashMap<>();
  private final Map<String, String> derivedOrigins = new LinkedHashMap<>();
  private final Map<Family, Map<String, String>> chosenOrigins = new LinkedHashMap<>();
  private final Problems problems;

  /** A text and where it stands: a file and line, a variable or a flag. */
  record Setting(String text, String origin) {}

  Settings(Problems problems) {
    this.problems = problems;
  }

  void put(String path, String text, String origin) {
    settings.put(path, new Setting(text, origin));
  }

  /** Notes that one of a family exists; returns false, and reports it, if its name is malformed. */
  boolean add(Family family, String name, String origin) {
    if (!name.matches(CHOSEN_NAME)) {
      problems.add(
          origin,
          family.path(name),
          Problems.quoted(name)
              + (" is not the name of " + family.one())
              + "; expected lower-case letters, digits and -");
      return false;
    }
    chosen(family).putIfAbsent(name, origin);
    return true;
  }

  /** Returns the names of a family in the order in which they were given. */
  Set<String> names(Family family) {
    return chosen(family).keySet();
  }

  /** Returns where one of a family was given first. */
  String origin(Family family, String name) {
    return chosen(family).getOrDefault(name, "default");
  }

  private Map<String, String> chosen(Family family) {
    return chosenOrigins.computeIfAbsent(family, none -> new LinkedHashMap<>());
  }

  boolean isGiven(String path) {
    return settings.containsKey(path);
  }

  /** Returns the text of a key, empty where none is given. */
  String text(String path) {
    Setting setting = settings.get(path);
    return setting == null ? "" : setting.text();
  }

  /** Returns where the value of a key comes from. */
  String origin(String path) {
    Setting setting = settings.get(path);
    return setting == null ? "default" : setting.origin();
  }

  /** Notes that the value of one key was found in what another says. */
  void derive(String path, Key<?, ?> from) {
    derivedOrigins.put(path, origin(from.path()));
  }

  /** Returns where the value of each key that was given comes from, by path. */
  Map<String, String> origins() {
    Map<String, String> origins = new LinkedHashMap<>(derivedOrigins);
    settings.forEach((path, setting) -> origins.put(path, setting.origin()));
    return origins;
  }

  /** Returns the value of a key, its default, or null when it has none. */
  <T> @Nullable T read(String prefix, Key<?, T> key) {
    Setting setting = settings.get(prefix + key.path());
    if (setting == null) {
      return fallback(key);
    }
    return switch (key.type().parser().apply(setting.text())) {
      case Parsed.Good<T>(T value) -> value;
      case Parsed.Refused<T> refused -> {
        problems.add(
            setting.origin(), prefix + key.path(), key.type().refusal(setting.text(), refused));
        yield fallback(key);
      }
    };
  }

  /** Returns the value of a key, its default, or the stand-in when it has none. */
  <T> T read(String prefix, Key<?, T> key, T standIn) {
    T value = read(prefix, key);
    return value == null ? standIn : value;
  }

  /** Returns the value of a key that has a default. */
  <T> T readWithDefault(String prefix, Key<?, T> key) {
    T value = read(prefix, key);
    if (value == null) {
      throw new IllegalStateException(key.path() + " has no default");
    }
    return value;
  }

  private static <T> @Nullable T fallback(Key<?, T> key) {
    if (key.fallback() == null) {
      return null;
    }
    return switch (key.type().parser().apply(key.fallback())) {
      case Parsed.Good<T>(T value) -> value;
      case Parsed.Refused<T> refused ->
          throw new IllegalStateException(
              "the default of " + key.path() + ": " + key.type().refusal(key.fallback(), refused));
    };
  }
}

package dev.nearside.proxy.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts what a YAML file says into {@link Settings}, and reports what it should not say. */
final class FileSource {
  private final String file;
  private final Settings settings;
  private final Problems problems;

  private FileSource(Path file, Settings settings, Problems problems) {
    this.file = file.toString();
    this.settings = settings;
    this.problems = problems;
  }

  /** Reads the file. Stops when it is no YAML at all: nothing else could be said that helps. */
  static void read(Path file, Settings settings, Problems problems) throws ConfigurationException {
    new FileSource(file, settings, problems).read(text(file));
  }

  private static String text(Path file) throws ConfigurationException {
    try {
      String text = Files.readString(file);
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw unusable(file + ": is not UTF-8 text");
    } catch (NoSuchFileException e) {
      throw unusable(file + ": there is no such file; expected the configuration");
    } catch (IOException e) {
      throw unusable(file + ": cannot be read (" + e.getClass().getSimpleName() + ")");
    }
  }

  private static ConfigurationException unusable(String problem) {
    return new ConfigurationException(List.of(problem));
  }

  private void read(String yaml) throws ConfigurationException {
    YamlNode root;
    try {
      root = YamlReader.read(yaml);
    } catch (YamlReader.UnreadableException e) {
      throw unusable(at(e.line()) + ": not readable as YAML: " + e.getMessage());
    }
    if (root == null || isEmpty(root)) {
      return;
    }
    if (root instanceof YamlNode.Mapping mapping) {
      keys(mapping, Layout.TOP, "", "");
    } else {
      throw unusable(at(root.line()) + ": not a configuration; expected keys, such as upstream:");
    }
  }

  /**
   * Reads the keys of a mapping.
   *
   * @param outside what the whole path begins with, before the layout's part of it
   * @param section the path within the layout, empty or ending in a dot
   */
  private void keys(YamlNode.Mapping mapping, Layout layout, String outside, String section) {
    for (YamlNode.Entry entry : distinct(mapping, outside + section)) {
      String path = section + entry.key();
      Key<?, ?> key = layout.key(path);
      if (key != null) {
        value(entry, key, outside + path);
      } else if (layout.isSection(path)) {
        section(entry, layout, outside, path);
      } else {
        String nearest = outside + layout.nearest(path);
        problems.add(at(entry.line()), outside + path, unknown(nearest));
      }
    }
  }

  static String unknown(String nearest) {
    return "unknown key; the nearest known key is " + nearest;
  }

  private List<YamlNode.Entry> distinct(YamlNode.Mapping mapping, String prefix) {
    Map<String, Integer> lines = new HashMap<>();
    for (YamlNode.Entry entry : mapping.entries()) {
      Integer first = lines.putIfAbsent(entry.key(), entry.line());
      if (first != null) {
        problems.add(
            at(entry.line()),
            prefix + entry.key(),
            "given twice, first on line " + first + "; expected once");
      }
    }
    return mapping.entries();
  }

  private void section(YamlNode.Entry entry, Layout layout, String outside, String path) {
    if (isEmpty(entry.node())) {
      return;
    }
    Family family = layout == Layout.TOP ? family(path) : null;
    if (!(entry.node() instanceof YamlNode.Mapping mapping)) {
      String example =
          family != null
              ? "the name of " + family.one()
              : outside + layout.pathsIn(path).getFirst();
      problems.add(
          at(entry.line()),
          outside + path,
          described(entry.node(), null)
              + " is not a section; expected keys below it, such as "
              + example);
    } else if (family != null) {
      family(family, mapping);
    } else {
      keys(mapping, layout, outside, path + ".");
    }
  }

  private static @Nullable Family family(String section) {
    return Family.ALL.stream()
        .filter(family -> family.section().equals(section))
        .findFirst()
        .orElse(null);
  }

  private void family(Family family, YamlNode.Mapping mapping) {
    for (YamlNode.Entry entry : distinct(mapping, family.section() + ".")) {
      if (!settings.add(family, entry.key(), at(entry.line())) || isEmpty(entry.node())) {
        continue;
      }
      if (entry.node() instanceof YamlNode.Mapping keys) {
        keys(keys, family.layout(), family.prefix(entry.key()), "");
      } else {
        problems.add(
            at(entry.line()),
            family.path(entry.key()),
            described(entry.node(), null)
                + " is not a section; expected keys below it, such as "
                + family.layout().paths().iterator().next());
      }
    }
  }

  private void value(YamlNode.Entry entry, Key<?, ?> key, String path) {
    String text = text(entry.node(), key.type().isList());
    if (text == null) {
      problems.add(
          at(entry.node().line()),
          path,
          described(entry.node(), key)
              + " is not "
              + key.type().name()
              + "; expected "
              + key.type().expected());
    } else {
      settings.put(path, text, at(entry.node().line()));
    }
  }

  private static @Nullable String text(YamlNode node, boolean isList) {
    return switch (node) {
      case YamlNode.Scalar scalar -> scalar.isNull() ? null : scalar.text();
      case YamlNode.Mapping mapping -> null;
      case YamlNode.Sequence sequence -> isList ? joined(sequence) : null;
    };
  }

  private static @Nullable String joined(YamlNode.Sequence sequence) {
    StringBuilder joined = new StringBuilder();
    for (YamlNode item : sequence.items()) {
      if (!(item instanceof YamlNode.Scalar scalar)) {
        return null;
      }
      joined.append(joined.isEmpty() ? "" : ",").append(scalar.text());
    }
    return joined.toString();
  }

  private static String described(YamlNode node, @Nullable Key<?, ?> key) {
    return switch (node) {
      case YamlNode.Scalar scalar when scalar.isNull() -> "nothing";
      case YamlNode.Scalar scalar ->
          Problems.quoted(
              key == null
                  ? RedisUri.withoutSecrets(scalar.text())
                  : key.type().shown().apply(scalar.text()));
      case YamlNode.Mapping mapping -> "a section";
      case YamlNode.Sequence sequence -> "a list";
    };
  }

  private static boolean isEmpty(YamlNode node) {
    return node instanceof YamlNode.Scalar scalar && scalar.isNull();
  }

  private String at(int line) {
    return file + ":" + line;
  }
}

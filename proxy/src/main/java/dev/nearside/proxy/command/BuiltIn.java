package dev.nearside.proxy.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What this version of Nearside knows by itself: commands.txt joined with traits.txt. */
final class BuiltIn {
  private static final BuiltIn INSTANCE = load();

  private final Map<String, Known> byName;

  private BuiltIn(Map<String, Known> byName) {
    this.byName = byName;
  }

  static BuiltIn instance() {
    return INSTANCE;
  }

  /** Returns the command of this full name (container and subcommand with a space), or null. */
  @Nullable Known find(String name) {
    return byName.get(name);
  }

  /** Returns all but the subcommands, in order of their names. */
  List<Known> topLevel() {
    return byName.values().stream().filter(known -> !known.isSubcommand()).toList();
  }

  /** Returns the subcommands of {@code container}, in order of their names. */
  List<Known> subcommands(String container) {
    String prefix = container + " ";
    return byName.values().stream()
        .filter(known -> known.signature().name().startsWith(prefix))
        .toList();
  }

  private static BuiltIn load() {
    Map<String, Traits.Row> rows = new TreeMap<>();
    for (String[] columns : lines("traits.txt", 6)) {
      if (rows.put(columns[0].replace('|', ' '), Traits.Row.parse(columns)) != null) {
        throw new IllegalStateException("traits.txt: " + columns[0] + " is there twice");
      }
    }
    Map<String, Known> byName = new TreeMap<>();
    for (String[] columns : lines("commands.txt", 6)) {
      Signature signature = signature(columns);
      Traits traits = Traits.ofKnown(signature, row(rows, signature.name()));
      byName.put(signature.name(), new Known(signature, traits));
    }
    return new BuiltIn(byName);
  }

  private static Traits.@Nullable Row row(Map<String, Traits.Row> rows, String name) {
    Traits.Row own = rows.get(name);
    int space = name.indexOf(' ');
    return own != null || space < 0 ? own : rows.get(name.substring(0, space) + " *");
  }

  private static Signature signature(String[] columns) {
    int flags = 0;
    for (String word : columns[5].split(",", -1)) {
      flags |= CommandFlag.bit(word);
    }
    return new Signature(
        columns[0].replace('|', ' '),
        Integer.parseInt(columns[1]),
        flags,
        Integer.parseInt(columns[2]),
        Integer.parseInt(columns[3]),
        Integer.parseInt(columns[4]));
  }

  private static List<String[]> lines(String resource, int columnCount) {
    List<String[]> lines = new ArrayList<>();
    for (String line : text(resource).lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] columns = line.strip().split("\\s+", -1);
      if (columns.length != columnCount) {
        throw new IllegalStateException(
            resource + ": expected " + columnCount + " columns: " + line);
      }
      lines.add(columns);
    }
    return lines;
  }

  private static String text(String resource) {
    try (InputStream in = BuiltIn.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One command known. */
  record Known(Signature signature, Traits traits) {
    boolean isSubcommand() {
      return signature.name().indexOf(' ') >= 0;
    }
  }
}

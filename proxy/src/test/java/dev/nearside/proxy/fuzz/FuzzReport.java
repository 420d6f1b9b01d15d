package dev.nearside.proxy.fuzz;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes what runs did; a target that was not run this time keeps its row of the last time. */
final class FuzzReport {
  private static final String HEAD = "| target | date | s | executions |";

  private FuzzReport() {}

  static void write(Path file, List<FuzzOutcome> outcomes) throws IOException {
    Map<String, String> rows = new TreeMap<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        if (line.matches("\\| [a-z-]+ \\| \\d{4}-.*")) {
          rows.put(line.split(" ", 3)[1], line);
        }
      }
    }
    String today = LocalDate.now(ZoneOffset.UTC).toString();
    for (FuzzOutcome outcome : outcomes) {
      String label = outcome.target();
      rows.put(
          label,
          outcome.row().replaceFirst("\\| " + label + " \\|", "| " + label + " | " + today + " |"));
    }
    List<String> lines = new ArrayList<>(List.of("# Coverage-guided fuzzing", ""));
    lines.addAll(about());
    lines.add("");
    lines.add(HEAD + " edges | features | inputs kept | bytes kept | findings |");
    lines.add("|---|---|--:|--:|--:|--:|--:|--:|--:|");
    lines.addAll(rows.values());
    Files.write(file, lines);
  }

  /** The jar's name has the version, its manifest has not. */
  private static String fuzzer() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).getFileName().toString())
        .filter(name -> name.matches("jazzer-[0-9.]+jar"))
        .map(name -> name.replaceFirst("\\.jar$", ""))
        .findFirst()
        .orElse("not on the class path");
  }

  private static List<String> about() {
    return List.of(
        "- fuzzer: " + fuzzer(),
        "- JDK: " + Runtime.version(),
        "- processors: " + Runtime.getRuntime().availableProcessors(),
        "- run: `./nearside fuzz MINUTES TARGET`; findings are those of that run, and stop it",
        "- edges and features are libFuzzer's `cov` and `ft`; the corpus is what reaches them with",
        "  the fewest inputs, played by every build");
  }
}

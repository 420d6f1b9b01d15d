package dev.nearside.benchmarks.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a run found, raw: the tables are computed from it.
 *
 * @param name the run's, and its files'
 * @param date when it was run, ISO 8601
 * @param machine processor, memory, kernel
 * @param versions of everything that took part, and how it was set
 * @param method how was measured, sentence by sentence
 * @param cases the loads, in order
 */
record Report(
    String name,
    String date,
    Map<String, String> machine,
    Map<String, String> versions,
    List<String> method,
    List<Case> cases) {

  /** One load and the series of every server that took part. */
  record Case(Trial trial, List<Series> series) {}

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** Writes the raw report and its tables into the directory, under the report's name. */
  void write(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve(name + ".json"), JSON.writeValueAsString(this) + "\n");
    Files.writeString(directory.resolve(name + ".md"), markdown());
  }

  /** Returns the report as a Markdown page. */
  String markdown() {
    StringBuilder text = new StringBuilder("# Load run " + name + ", " + date + "\n\n");
    machine.forEach((what, value) -> text.append("- %s: %s%n".formatted(what, value)));
    versions.forEach((what, value) -> text.append("- %s: %s%n".formatted(what, value)));
    method.forEach(sentence -> text.append("- ").append(sentence).append('\n'));
    for (Case each : cases) {
      text.append("\n## ").append(each.trial().title()).append('\n');
      each.trial().notes().forEach(note -> text.append('\n').append(note).append('\n'));
      if (!each.series().isEmpty()) {
        text.append('\n').append(new CaseTable(each).markdown());
      }
    }
    return text.toString();
  }
}

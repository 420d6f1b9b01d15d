package dev.nearside.benchmarks.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a run found.
 *
 * @param name the run's, and its files'
 * @param date when it was run, ISO 8601
 * @param machine processor, memory, kernel
 * @param versions of everything that took part
 * @param again what of {@code ./nearside bench} runs it again
 * @param notes what has to be known to read the tables, a sentence each
 * @param tables the findings, with their raw numbers
 */
public record Report(
    String name,
    String date,
    Map<String, String> machine,
    Map<String, String> versions,
    String again,
    List<String> notes,
    List<Table> tables) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** One that its name runs again. */
  public Report(
      String name,
      String date,
      Map<String, String> machine,
      Map<String, String> versions,
      List<String> notes,
      List<Table> tables) {
    this(name, date, machine, versions, name, notes, tables);
  }

  /**
   * Writes the raw report and its tables into the directory, under the report's name.
   *
   * @throws IOException if that cannot be done
   */
  public void write(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve(name + ".json"), JSON.writeValueAsString(this) + "\n");
    Files.writeString(directory.resolve(name + ".md"), markdown());
  }

  /** Returns the report as a Markdown page. */
  public String markdown() {
    StringBuilder text = new StringBuilder("# Load run " + name + ", " + date + "\n\n");
    machine.forEach((what, value) -> text.append("- " + what + ": " + value + "\n"));
    versions.forEach((what, value) -> text.append("- " + what + ": " + value + "\n"));
    notes.forEach(note -> text.append("- " + note + "\n"));
    text.append("- again: `./nearside bench " + again + "`; written by the run\n");
    tables.forEach(table -> text.append("\n" + table.markdown()));
    return text.toString();
  }
}

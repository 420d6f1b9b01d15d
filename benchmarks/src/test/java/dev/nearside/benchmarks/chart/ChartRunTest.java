package dev.nearside.benchmarks.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class ChartRunTest {
  /** Twice the requests of its peer in the median round, at half of the CPU for each. */
  private static final String REPORT =
      """
      {"cases": [
        {"trial": {"title": "GET & more", "peer": "redis", "targets": [
          {"server": "nearside", "measure": "REQUESTS", "atLeast": true, "limit": 2.5, "peer": "redis"},
          {"server": "nearside", "measure": "CPU", "atLeast": false, "limit": 0.5, "peer": "redis"},
          {"server": "nearside", "measure": "P99", "atLeast": false, "limit": 1.0, "peer": "none"}]},
         "series": [
          {"server": "redis", "rounds": [
            {"requests": 100, "seconds": 1.0, "p99Us": 4, "cpuSeconds": [0.2]}]},
          {"server": "nearside", "rounds": [
            {"requests": 1, "seconds": 1.0, "p99Us": 9, "cpuSeconds": [0.9, 7]},
            {"requests": 200, "seconds": 1.0, "p99Us": 3, "cpuSeconds": [0.2, 7]},
            {"requests": 900, "seconds": 1.0, "p99Us": 2, "cpuSeconds": [0.1, 7]}]}]},
        {"trial": {"title": "alone", "peer": "haproxy"}, "series": [
          {"server": "nearside", "rounds": [
            {"requests": 1, "seconds": 1.0, "cpuSeconds": [1]}]}]}]}
      """;

  @TempDir private Path directory;

  @Test
  void chart_ofAReport_showsTheMediansRatios() throws Exception {
    Files.writeString(directory.resolve("relay.json"), REPORT);
    Path picture = directory.resolve("picture.svg");

    int status = run(picture);

    String svg = Files.readString(picture);
    assertThat(status).isZero();
    assertThat(svg).contains("GET &amp; more", ">2.00<", ">0.50<").doesNotContain("alone");
    var parsed =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    assertThat(parsed.getDocumentElement().getTagName()).isEqualTo("svg");
  }

  @Test
  void chart_page_hasTheTableBetweenItsMarks() throws Exception {
    for (String run : List.of("hits", "relay", "mixed")) {
      Files.writeString(directory.resolve(run + ".json"), REPORT);
    }
    Files.writeString(page(), "a\n<!-- ratios:begin -->\nold\n<!-- ratios:end -->\nb\n");

    assertThat(run(directory.resolve("picture.svg"))).isZero();

    assertThat(page())
        .content()
        .startsWith("a\n<!-- ratios:begin -->\n| | beside |")
        .contains("| GET & more | redis | 2.00 | 0.75 | 0.50 | requests/s ≥ 2.50 |\n")
        .doesNotContain("old", "alone")
        .endsWith("|\n<!-- ratios:end -->\nb\n");
  }

  /** The page that users read has the figures of the committed reports, and no others. */
  @Test
  void readme_table_isThatOfTheReports() throws Exception {
    Path top = Path.of("..");
    Path reports = top.resolve("benchmarks/results");
    Files.copy(top.resolve("README.md"), page());

    int status =
        new CommandLine(new ChartRun())
            .execute(
                "--in",
                reports.toString(),
                "--out",
                directory.resolve("picture.svg").toString(),
                "--page",
                page().toString());

    assertThat(status).isZero();
    assertThat(page())
        .as("after a new report: ./nearside bench chart")
        .hasSameTextualContentAs(top.resolve("README.md"));
    assertThat(directory.resolve("picture.svg"))
        .hasSameTextualContentAs(reports.resolve("performance.svg"));
  }

  private Path page() {
    return directory.resolve("page.md");
  }

  @Test
  void chart_ofSomeReports_leavesThePageAlone() throws Exception {
    Files.writeString(directory.resolve("relay.json"), REPORT);

    assertThat(run(directory.resolve("picture.svg"))).isZero();

    assertThat(page()).hasContent("no marks");
  }

  @Test
  void chart_pageWithoutMarks_fails() throws Exception {
    for (String run : List.of("hits", "relay", "mixed")) {
      Files.writeString(directory.resolve(run + ".json"), REPORT);
    }

    assertThat(run(directory.resolve("picture.svg"))).isNotZero();
  }

  @Test
  void chart_ofNoReport_fails() throws Exception {
    Path picture = directory.resolve("picture.svg");

    assertThat(run(picture)).isNotZero();
    assertThat(picture).doesNotExist();
  }

  private int run(Path picture) throws IOException {
    if (!Files.exists(page())) {
      Files.writeString(page(), "no marks");
    }
    return new CommandLine(new ChartRun())
        .setExecutionExceptionHandler((failure, line, parsed) -> 1)
        .execute(
            "--in", directory.toString(), "--out", picture.toString(), "--page", page().toString());
  }
}

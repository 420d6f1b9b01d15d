package dev.nearside.benchmarks.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class ChartRunTest {
  /** Twice the requests of its peer in the median round, at half of the CPU for each. */
  private static final String REPORT =
      """
      {"cases": [
        {"trial": {"title": "GET & more", "peer": "redis"}, "series": [
          {"server": "redis", "rounds": [
            {"requests": 100, "seconds": 1.0, "cpuSeconds": [0.2]}]},
          {"server": "nearside", "rounds": [
            {"requests": 1, "seconds": 1.0, "cpuSeconds": [0.9, 7]},
            {"requests": 200, "seconds": 1.0, "cpuSeconds": [0.2, 7]},
            {"requests": 900, "seconds": 1.0, "cpuSeconds": [0.1, 7]}]}]},
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
  void chart_ofNoReport_fails() {
    Path picture = directory.resolve("picture.svg");

    assertThat(run(picture)).isNotZero();
    assertThat(picture).doesNotExist();
  }

  private int run(Path picture) {
    return new CommandLine(new ChartRun())
        .setExecutionExceptionHandler((failure, line, parsed) -> 1)
        .execute("--in", directory.toString(), "--out", picture.toString());
  }
}

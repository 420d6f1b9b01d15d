package dev.nearside.benchmarks.chart;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows what load runs have written: a picture, and a table in a page. */
@Command(
    name = "chart",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Draws performance.svg and README's table from hits, relay and mixed.")
public final class ChartRun implements Callable<Integer> {
  private static final int RUNS = 3;
  private static final ObjectMapper JSON = new ObjectMapper();

  @Option(
      names = "--in",
      defaultValue = "${sys:nearside.home:-.}/benchmarks/results",
      description = "Where the reports are (benchmarks/results).")
  private Path reports = Path.of("benchmarks", "results");

  @Option(
      names = "--out",
      defaultValue = "${sys:nearside.home:-.}/benchmarks/results/performance.svg",
      description = "The picture (benchmarks/results/performance.svg).")
  private Path picture = Path.of("benchmarks", "results", "performance.svg");

  @Option(
      names = "--page",
      defaultValue = "${sys:nearside.home:-.}/README.md",
      description = "The page with the marks of the table (README.md).")
  private Path page = Path.of("README.md");

  @Override
  public Integer call() throws IOException {
    Map<String, List<Ratio>> runs = new LinkedHashMap<>();
    read("hits", "answered from memory", runs);
    read("relay", "passed through", runs);
    read("mixed", "mixed", runs);
    if (runs.isEmpty()) {
      throw new ServerException(
          "there is nothing to draw in " + reports + ": run hits, relay or mixed first.");
    }
    Files.writeString(picture, new Picture(runs).svg());
    System.out.println("drawn: " + picture.normalize());
    if (runs.size() == RUNS) {
      Files.writeString(page, new RatioTable(runs).putInto(Files.readString(page)));
      System.out.println("written: the table in " + page.normalize());
    }
    return 0;
  }

  private void read(String run, String heading, Map<String, List<Ratio>> runs) throws IOException {
    Path file = reports.resolve(run + ".json");
    if (Files.exists(file)) {
      List<Ratio> ratios = Ratio.of(JSON.readTree(file.toFile()));
      if (!ratios.isEmpty()) {
        runs.put(heading, ratios);
      }
    }
  }
}

package dev.nearside.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nearside.benchmarks.generator.Generator;
import dev.nearside.benchmarks.servers.Programs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Every run for an instant: that it works when it is wanted, and that no reply is wrong. */
@Timeout(120)
final class LoadRunsIT {
  private static final List<String> BRIEF =
      List.of(
          "--rounds=1",
          "--seconds=0.04",
          "--warmup=0.01",
          "--first=0.04",
          "--connections=4",
          "--keys=32",
          "--cold-keys=20000");

  @TempDir private Path results;

  @Test
  void hits_forAnInstant_everyServerAnswersAndNearsideFromMemory() throws Exception {
    JsonNode report = play("hits", new HitsRun(Generator::here));

    assertThat(headings(report)).hasSize(2);
    JsonNode nearside = series(report.at("/cases/1"), "nearside");
    assertThat(nearside.get("readsAtRedis").asLong()).isLessThan(nearside.get("reads").asLong());
    assertThat(nearside.get("allocatedBytes").asDouble()).isGreaterThanOrEqualTo(0);
    assertThat(report.at("/versions/JVM flags").asText()).isNotEmpty();
  }

  @Test
  void relay_forAnInstant_everyServerAnswersAndWhatIsHeldIsFilled() throws Exception {
    JsonNode report = play("relay", new RelayRun(Generator::here));

    assertThat(headings(report)).hasSize(6);
    JsonNode fill = report.at("/cases/3");
    JsonNode atOnce = series(fill, "nearside, held at once");
    assertThat(series(fill, "nearside").get("fillsAtRedis").asLong()).isZero();
    assertThat(atOnce.get("fillsAtRedis").asLong()).isPositive();
  }

  @Test
  void mixed_forAnInstant_everyServerAnswers() throws Exception {
    JsonNode report = play("mixed", new MixedRun(Generator::here));

    assertThat(headings(report)).hasSize(15);
    assertThat(Files.readString(results.resolve("mixed.md")))
        .contains("1 / (1 − 0.90 × 0.50) = 1.82", "a PING to the Redis of nearside: ");
  }

  @Test
  void sizes_someForAnInstant_everyServerAnswers() throws Exception {
    JsonNode report =
        play(
            "sizes",
            new SizesRun(Generator::here),
            "--only=1,000,000 bytes, pipeline",
            "--only=65,536 bytes, compressible",
            "--only=1000 connections",
            "--only=Zipfian",
            "--only=Unix socket");

    assertThat(headings(report)).hasSize(7);
  }

  @Test
  void loops_forAnInstant_everyServerAnswers() throws Exception {
    assertThat(headings(play("loops", new LoopsRun(Generator::here)))).hasSize(2);
  }

  @Test
  void links_someForAnInstant_everyServerAnswers() throws Exception {
    assumeTrue(Programs.onPath("redis-server") != null, "the Redis of the build has no TLS");
    JsonNode report =
        play(
            "links",
            new LinksRun(Generator::here),
            "--only=TLS on both sides, INCR, pipeline 32",
            "--only=Cluster of three, INCR, pipeline 32");

    assertThat(headings(report)).hasSize(2);
    assertThat(report.at("/versions/TLS between clients and nearside").asText()).contains("TLSv1");
    assertThat(report.at("/cases/1/series/0/rounds/0/cpuSeconds")).hasSize(1);
    assertThat(report.at("/cases/1/series/1/rounds/0/cpuSeconds")).hasSize(2);
  }

  /** Runs it and returns its raw report, in which every server installed has answered. */
  private JsonNode play(String name, Callable<Integer> run, String... more) throws Exception {
    List<String> arguments = new ArrayList<>(BRIEF);
    arguments.add("--out=" + results);
    arguments.addAll(List.of(more));
    int status = new CommandLine(run).execute(arguments.toArray(String[]::new));

    assertThat(status).isZero();
    assertThat(results.resolve(name + ".md")).content().contains("# Load run " + name);
    JsonNode report = new ObjectMapper().readTree(results.resolve(name + ".json").toFile());
    for (JsonNode each : report.get("cases")) {
      if (each.at("/trial/notes").toString().contains("Left out")) {
        continue;
      }
      assertThat(each.get("series")).hasSizeGreaterThanOrEqualTo(2);
      for (JsonNode series : each.get("series")) {
        assertThat(series.at("/rounds/0/requests").asLong())
            .as("%s of %s", each.at("/trial/title"), series.get("server"))
            .isPositive();
      }
    }
    return report;
  }

  private static List<String> headings(JsonNode report) {
    return StreamSupport.stream(report.get("cases").spliterator(), false)
        .map(each -> each.at("/trial/title").asText())
        .distinct()
        .toList();
  }

  private static JsonNode series(JsonNode oneCase, String server) {
    return StreamSupport.stream(oneCase.get("series").spliterator(), false)
        .filter(series -> series.get("server").asText().equals(server))
        .findFirst()
        .orElseThrow();
  }
}

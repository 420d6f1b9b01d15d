package dev.nearside.benchmarks.micro;

import dev.nearside.benchmarks.report.Report;
import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.report.Versions;
import dev.nearside.benchmarks.servers.Machine;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the benchmarks of this package, and reports them with what they allocate. */
@Command(
    name = "micro",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "JMH: parser, command table, L1, LZ4, replies; with bytes allocated.")
public final class MicroRun implements Callable<Integer> {
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  @Option(
      names = "--only",
      defaultValue = "",
      description = "Part of a name: LocalTierBenchmark, findHit (all); writes no files.")
  private String only = "";

  @Option(names = "--forks", defaultValue = "2", description = "JVMs (${DEFAULT-VALUE}).")
  private int forks;

  @Option(
      names = "--iterations",
      defaultValue = "5",
      description = "Measured, each of a second, after 3 that are not (${DEFAULT-VALUE}).")
  private int iterations;

  @Option(
      names = "--param",
      description = "Values of a parameter: bytes=4096,65536 (those of the class).")
  private Map<String, String> parameters = Map.of();

  @Option(
      names = "--out",
      defaultValue = "${sys:nearside.home:-.}/benchmarks/results",
      description = "Where the report goes (benchmarks/results).")
  private Path results = Path.of("benchmarks", "results");

  @Override
  public Integer call() throws Exception {
    Map<String, String> machine = Machine.describe(); // before our own load is part of its load
    Table table = table(new Runner(options()).run());
    Report report =
        new Report(
            "micro",
            LocalDate.now(ZoneOffset.UTC).toString(),
            machine,
            Versions.of(Path.of("redis-server")),
            List.of("JMH, average time of one operation; each class's Javadoc says how to run it"),
            List.of(table));
    if (only.isEmpty()) {
      report.write(results);
    }
    new PrintStream(System.out, true, StandardCharsets.UTF_8).print(report.markdown());
    return 0;
  }

  private Options options() {
    OptionsBuilder options = new OptionsBuilder();
    options
        .include(MicroRun.class.getPackageName() + ".*" + only)
        .forks(forks)
        .warmupIterations(3)
        .warmupTime(TimeValue.seconds(1))
        .measurementIterations(iterations)
        .measurementTime(TimeValue.seconds(1))
        .addProfiler(GCProfiler.class);
    parameters.forEach((name, values) -> options.param(name, values.split(",", -1)));
    return options.build();
  }

  /** Returns a row for each result. */
  static Table table(Collection<RunResult> all) {
    Table table =
        new Table(
            "Steps of a request",
            "± is half the 99.9 % confidence interval that JMH gives.",
            "benchmark",
            "ns/operation",
            "±",
            "bytes allocated/operation");
    for (RunResult each : all) {
      Result<?> time = each.getPrimaryResult();
      Result<?> allocated = each.getSecondaryResults().get(ALLOCATED);
      String name = name(each);
      table.row(
          name,
          number(time.getScore()),
          number(time.getScoreError()),
          allocated == null ? "" : number(allocated.getScore()));
      table.raw(name + ": ns", time.getScore());
    }
    return table;
  }

  private static String name(RunResult result) {
    List<String> words = new ArrayList<>();
    String full = result.getParams().getBenchmark();
    words.add(full.substring(MicroRun.class.getPackageName().length() + 1));
    for (String key : result.getParams().getParamsKeys()) {
      words.add(key + "=" + result.getParams().getParam(key));
    }
    return String.join(" ", words);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 1000 ? "%.1f" : "%,.0f", value);
  }
}

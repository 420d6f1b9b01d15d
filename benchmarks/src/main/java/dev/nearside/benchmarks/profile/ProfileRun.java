package dev.nearside.benchmarks.profile;

import dev.nearside.benchmarks.generator.Address;
import dev.nearside.benchmarks.generator.Assignment;
import dev.nearside.benchmarks.generator.Generator;
import dev.nearside.benchmarks.generator.KeyFamily;
import dev.nearside.benchmarks.generator.KeySpace;
import dev.nearside.benchmarks.generator.Load;
import dev.nearside.benchmarks.generator.Round;
import dev.nearside.benchmarks.generator.Values;
import dev.nearside.benchmarks.generator.Workload;
import dev.nearside.benchmarks.load.LoopAllocation;
import dev.nearside.benchmarks.load.RunOptions;
import dev.nearside.benchmarks.report.Report;
import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.report.Versions;
import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.Machine;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Two event loops under hits: whether they wait for each other, and where their time goes. */
@Command(
    name = "profile",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Two event loops under hits: their waits for locks, and where they run.")
public final class ProfileRun implements Callable<Integer> {
  private static final Values VALUES = Values.of(100);
  private static final int METHODS = 25;

  @Mixin private final RunOptions options = new RunOptions();
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final Table waits =
      new Table(
          "Waits",
          "How often a thread of the event loops had to wait for a monitor or for a lock of"
              + " java.util.concurrent, however shortly, by the JVM's flight recorder. Target: none.",
          "load",
          "requests",
          "of a monitor",
          "of a lock");
  private final Table methods =
      new Table(
          "Where they run",
          "Samples of the event loops' threads in Java code, every 10 ms, by the method that was"
              + " running; system calls are not in them. A shared write would show as a method of"
              + " java.util.concurrent.atomic, or one that the loops share.",
          "method",
          "pipeline 1",
          "pipeline 32");

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (ScratchDirectory scratch = ScratchDirectory.create()) {
      Path program = RedisProgram.INSTALLED.find(scratch.path());
      Map<String, String> machine = Machine.describe(); // before our own load is part of its load
      try (EmbeddedRedis redis = EmbeddedRedis.start(program, scratch.path(), List.of())) {
        write(redis);
        record(redis, scratch.path());
      }
      Report report =
          new Report(
              options.name("profile"),
              LocalDate.now(ZoneOffset.UTC).toString(),
              machine,
              Versions.of(program),
              List.of(
                  "GET hits of %,d keys, %d clients, two event loops; the clients share the cores"
                      .formatted(options.keys(), options.connections())),
              List.of(waits, methods));
      report.write(options.out());
      out.println();
      out.print(report.markdown());
      return 0;
    }
  }

  private void write(EmbeddedRedis redis) throws IOException {
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      for (int i = 0; i < options.keys(); i++) {
        connection.call("SET", KeyFamily.HOT.key(i), VALUES.value(i));
      }
    }
  }

  private void record(EmbeddedRedis redis, Path scratch) throws IOException, InterruptedException {
    List<String> settings = List.of("--set", "event-loops=2", "--set", "l1.max-ttl=1h");
    String upstream = "redis://127.0.0.1:" + redis.port();
    try (EmbeddedNearside nearside = EmbeddedNearside.start(upstream, settings, scratch)) {
      LoopSamples slow = record(nearside, 1, scratch);
      LoopSamples fast = record(nearside, 32, scratch);
      for (String method : fast.mostSampled(METHODS)) {
        methods.row(method, percent(slow.share(method)), percent(fast.share(method)));
        methods.raw(method + ": pipeline 1", slow.share(method));
        methods.raw(method + ": pipeline 32", fast.share(method));
      }
    }
  }

  private LoopSamples record(EmbeddedNearside nearside, int pipeline, Path scratch)
      throws IOException, InterruptedException {
    out.printf("  pipeline %d%n", pipeline);
    ask(nearside, pipeline, options.first());
    try (FlightRecording recording = FlightRecording.begin(nearside.pid())) {
      Round round = ask(nearside, pipeline, options.measured());
      LoopSamples samples =
          LoopSamples.of(
              recording.end(scratch.resolve("pipeline-" + pipeline + ".jfr")),
              LoopAllocation.LOOP_NAME);
      String load = "pipeline " + pipeline;
      waits.row(
          load,
          String.format(Locale.ROOT, "%,d", round.totalRequests()),
          Long.toString(samples.monitorWaits()),
          Long.toString(samples.lockWaits()));
      waits.raw(load + ": of a monitor", (double) samples.monitorWaits());
      waits.raw(load + ": of a lock", (double) samples.lockWaits());
      return samples;
    }
  }

  private Round ask(EmbeddedNearside nearside, int pipeline, Duration measured)
      throws IOException, InterruptedException {
    KeySpace keys = KeySpace.uniform(options.keys());
    Load load =
        new Load(Workload.READ, pipeline, options.connections(), keys, VALUES, 0, 0, 1, 0)
            .lasting(options.warmup(), measured);
    return Generator.inOwnProcess(
        new Assignment(load, Address.ofPort(nearside.port()), List.of(nearside.pid()), 0, 0));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}

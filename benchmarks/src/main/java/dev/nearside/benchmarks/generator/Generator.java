package dev.nearside.benchmarks.generator;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/** The generator: its argument is an {@link Assignment} as JSON, what it prints a {@link Round}. */
public final class Generator {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Generator() {}

  /** Runs one load and prints its round, or a sentence on standard error and a status of 1. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Assignment assignment = JSON.readValue(args[0], Assignment.class);
    try {
      System.out.println(JSON.writeValueAsString(here(assignment)));
    } catch (IOException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  /**
   * Runs a load in this process.
   *
   * @throws WrongReplyException if a reply is not what it must be
   * @throws IOException if the server closes a connection or falls silent
   */
  public static Round here(Assignment assignment) throws IOException, InterruptedException {
    List<Callable<LoadLoop.Result>> loops = new ArrayList<>();
    for (int part = 0; part < assignment.load().threads(); part++) {
      loops.add(new LoadLoop(assignment, part)::run);
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(loops.size())) {
      List<LoadLoop.Result> results = new ArrayList<>();
      for (Future<LoadLoop.Result> loop : threads.invokeAll(loops)) {
        results.add(loop.get());
      }
      return round(results);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException("a thread of the load generator failed", e);
    }
  }

  /** The threads begin and end together: the clocks of the first do for all. */
  private static Round round(List<LoadLoop.Result> results) {
    Histogram latencies = results.getFirst().latencies();
    results.stream().skip(1).forEach(result -> latencies.add(result.latencies()));
    Clocks began = results.getFirst().began();
    Clocks ended = results.getFirst().ended();
    List<Double> cpu = new ArrayList<>();
    for (int i = 0; i < began.cpuSeconds().size(); i++) {
      cpu.add(ended.cpuSeconds().get(i) - began.cpuSeconds().get(i));
    }
    return new Round(
        results.stream().mapToLong(r -> r.ended().replies() - r.began().replies()).sum(),
        (ended.ns() - began.ns()) / 1e9,
        latencies.getValueAtPercentile(50) / 1e3,
        latencies.getValueAtPercentile(99) / 1e3,
        latencies.getValueAtPercentile(99.99) / 1e3,
        latencies.getMaxValue() / 1e3,
        results.stream().mapToLong(r -> r.ended().bytes() - r.began().bytes()).sum(),
        List.copyOf(cpu),
        ended.ownCpuSeconds() - began.ownCpuSeconds(),
        results.stream().mapToLong(LoadLoop.Result::replies).sum(),
        results.stream().mapToLong(LoadLoop.Result::reads).sum(),
        results.stream().mapToLong(LoadLoop.Result::coldReads).max().orElse(0));
  }

  /**
   * Runs a load in a process of its own, so that the generator's collector and compiler cost the
   * caller nothing, and waits for its end.
   *
   * @throws IOException if it fails; the message is what it said
   */
  public static Round inOwnProcess(Assignment assignment) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xms192m", // so young that no round stops for a collection
                "-Xmx192m",
                "-Xmn112m",
                "-XX:+AlwaysPreTouch",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                Generator.class.getName(),
                JSON.writeValueAsString(assignment))
            .start();
    try {
      String said = text(process.getInputStream().readAllBytes());
      String complaint = text(process.getErrorStream().readAllBytes());
      if (process.waitFor() != 0) {
        throw new IOException("the load generator failed: " + complaint);
      }
      return JSON.readValue(said, Round.class);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).strip();
  }
}

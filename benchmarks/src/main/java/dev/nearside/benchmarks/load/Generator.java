package dev.nearside.benchmarks.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The generator: its argument is a {@link Load} as JSON, what it prints a {@link Round}. */
public final class Generator {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Generator() {}

  /** Runs one load and prints its round, or a sentence on standard error and a status of 1. */
  public static void main(String[] args) throws IOException {
    Load load = JSON.readValue(args[0], Load.class);
    try {
      System.out.println(JSON.writeValueAsString(new LoadLoop(load).run()));
    } catch (IOException e) {
      System.err.println("load generator: " + e.getMessage());
      System.exit(1);
    }
  }

  /**
   * Runs a load in a process of its own, so that the generator's collector and compiler cost the
   * caller nothing, and waits for its end.
   *
   * @throws IOException if it fails; the message is what it said
   */
  static Round inOwnProcess(Load load) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xms32m",
                "-Xmx32m",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                Generator.class.getName(),
                JSON.writeValueAsString(load))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.waitFor() != 0) {
        throw new IOException("the load generator failed " + said);
      }
      return JSON.readValue(said, Round.class);
    } finally {
      process.destroyForcibly();
    }
  }
}

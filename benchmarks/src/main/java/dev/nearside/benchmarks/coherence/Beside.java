package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/** Load beside what is measured, by a process of its own: batches of 32 requests, closed loop. */
public final class Beside {
  private static final int PIPELINE = 32;
  private static final int KEYS = 5000;
  private static final Duration LONGEST = Duration.ofMinutes(3);

  /** What is asked. */
  enum Kind {
    /** Reads. */
    GET,
    /** Writes that a sidecar relays. */
    INCR
  }

  private Beside() {}

  static AutoCloseable start(int port, Kind kind) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx32m",
                "-cp",
                System.getProperty("java.class.path"),
                Beside.class.getName(),
                Integer.toString(port),
                kind.name())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process::destroyForcibly;
  }

  /** Asks the port, the first argument, for what the second says, until it is stopped. */
  public static void main(String[] args) throws IOException {
    long endNs = System.nanoTime() + LONGEST.toNanos();
    String name = Kind.valueOf(args[1]).name();
    String prefix = "beside:" + name.toLowerCase(Locale.ROOT) + ":";
    try (RedisConnection connection = RedisConnection.open(Integer.parseInt(args[0]))) {
      while (System.nanoTime() - endNs < 0) {
        for (int i = 0; i < PIPELINE; i++) {
          connection.send(name, prefix + ThreadLocalRandom.current().nextInt(KEYS));
        }
        for (int i = 0; i < PIPELINE; i++) {
          connection.receive();
        }
      }
    }
  }
}

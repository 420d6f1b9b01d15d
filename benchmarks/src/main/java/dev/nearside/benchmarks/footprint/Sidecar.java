package dev.nearside.benchmarks.footprint;

import dev.nearside.benchmarks.servers.Ports;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A sidecar whose start was timed, from {@code exec} to its first answer to PING. */
final class Sidecar implements AutoCloseable {
  private static final long START_WITHIN_NS = Duration.ofSeconds(60).toNanos();
  private static final long STOP_WITHIN_S = 60;
  private static final long POLL_MS = 1;

  private final Process process;
  private final int port;
  private final int httpPort;
  private final Path log;
  private final double startMs;

  private Sidecar(Process process, int port, int httpPort, Path log, long beganNs)
      throws IOException, InterruptedException {
    this.process = process;
    this.port = port;
    this.httpPort = httpPort;
    this.log = log;
    this.startMs = (awaitPong(beganNs) - beganNs) / 1e6;
  }

  static Sidecar start(Launch launch, int redisPort, List<String> settings, Path directory)
      throws IOException, InterruptedException {
    int port = Ports.free();
    int httpPort = Ports.free();
    List<String> arguments =
        new ArrayList<>(List.of("--upstream", "redis://127.0.0.1:" + redisPort));
    arguments.addAll(List.of("--listen", "127.0.0.1:" + port, "--http", "127.0.0.1:" + httpPort));
    arguments.addAll(settings);
    Path log = directory.resolve("nearside-" + port + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(launch.command(arguments))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    long beganNs = System.nanoTime();
    return new Sidecar(builder.start(), port, httpPort, log, beganNs);
  }

  private long awaitPong(long beganNs) throws IOException, InterruptedException {
    while (System.nanoTime() - beganNs < START_WITHIN_NS) {
      if (answersPing()) {
        return System.nanoTime();
      }
      if (process.waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
        throw new ServerException("the sidecar ended at its start: " + Files.readString(log));
      }
    }
    close();
    throw new ServerException("the sidecar does not answer PING: " + Files.readString(log));
  }

  private boolean answersPing() {
    try (RedisConnection connection = connect()) {
      return connection.call("PING").equals("PONG");
    } catch (IOException e) {
      return false; // not yet
    }
  }

  /** Returns how long it took from exec to the first +PONG. */
  double startMs() {
    return startMs;
  }

  int port() {
    return port;
  }

  long pid() {
    return process.pid();
  }

  RedisConnection connect() throws IOException {
    return RedisConnection.open(port);
  }

  /** Returns the value of a metric without labels; 0 while there is none. */
  double metric(String name) throws IOException, InterruptedException {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .sum();
  }

  /** Returns whether L1 is open; asked from the first PONG on, when HTTP may not listen yet. */
  boolean isReady() throws IOException, InterruptedException {
    try {
      return get("/readyz").statusCode() == 200;
    } catch (ConnectException e) {
      if (process.isAlive()) {
        return false;
      }
      throw e;
    }
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:" + httpPort + path);
      return http.send(
          HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  /** Stops it in its orderly way, by force after a minute; returns when it is gone. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_WITHIN_S, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

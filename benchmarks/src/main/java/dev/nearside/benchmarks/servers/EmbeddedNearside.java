package dev.nearside.benchmarks.servers;

import java.io.IOException;
import java.lang.management.ManagementFactory;
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
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A sidecar in a process of its own, as users run it; whoever started it closes it. */
public final class EmbeddedNearside implements AutoCloseable {
  private static final String MAIN = "dev.nearside.proxy.Nearside";
  private static final Pattern HEAP_FLAG = Pattern.compile("-XX:.Use\\w+GC|-Xm[nsx].*");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final ServerProcess process;
  private final int port;
  private final int httpPort;
  private final HttpClient http = HttpClient.newHttpClient();

  private EmbeddedNearside(ServerProcess process, int port, int httpPort) {
    this.process = process;
    this.port = port;
    this.httpPort = httpPort;
  }

  /**
   * Starts it before the Redis at a URI, on ports that the system gives.
   *
   * @param settings more options: {@code --set key=value}, {@code --config file}
   * @param directory an existing directory for its output
   * @throws ServerException if it does not start
   */
  public static EmbeddedNearside start(String upstream, List<String> settings, Path directory) {
    return start(upstream, settings, directory, List.of());
  }

  /**
   * As above, with more flags for its JVM; those of this process that choose a collector or size
   * the heap are left out where there are any.
   */
  public static EmbeddedNearside start(
      String upstream, List<String> settings, Path directory, List<String> flags) {
    int port = Ports.free();
    int httpPort = Ports.freeBut(port);
    List<String> arguments = new ArrayList<>(List.of("--upstream", upstream));
    arguments.addAll(List.of("--listen", "127.0.0.1:" + port, "--http", "127.0.0.1:" + httpPort));
    arguments.addAll(settings);
    Path log = directory.resolve("nearside-" + port + ".log");
    return new EmbeddedNearside(
        ServerProcess.start(command(arguments, flags), port, log, "TERM"), port, httpPort);
  }

  /**
   * Returns the command that runs a sidecar with these arguments. The flags of its JVM are those of
   * this process: the launcher's, and what the user added to them.
   */
  public static List<String> command(List<String> arguments) {
    return command(arguments, List.of());
  }

  private static List<String> command(List<String> arguments, List<String> flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flags.isEmpty() || !HEAP_FLAG.matcher(flag).matches())
        .forEach(command::add);
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN, "run"));
    command.addAll(arguments);
    return command;
  }

  /** Returns the port clients connect to. */
  public int port() {
    return port;
  }

  /** Returns its process id. */
  public long pid() {
    return process.pid();
  }

  /**
   * Stops it in its tracks by SIGSTOP, and returns when its last thread stands still.
   *
   * @throws IOException if it has ended
   */
  public void stop() throws IOException {
    signal("STOP");
    while (!standsStill()) {
      Thread.onSpinWait();
    }
  }

  private boolean standsStill() throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc", "" + process.pid(), "task"))) {
      for (Path thread : threads.toList()) {
        String stat = Files.readString(thread.resolve("stat"));
        if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
          return false;
        }
      }
      return true;
    }
  }

  /** Sends it a signal, named without SIG. */
  public void signal(String name) {
    process.signal(name);
  }

  /** Ends it at once, as a crash would. */
  public void crash() {
    process.crash();
  }

  /**
   * Returns the sum of a metric's series that have all these labels, written as {@code
   * way="local"}; 0 while there is none.
   *
   * @throws IOException if it does not answer
   */
  public double metric(String name, String... labels) throws IOException, InterruptedException {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .filter(line -> Stream.of(labels).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Returns whether L1 is open; asked as soon as clients are served, when HTTP may not be yet. */
  public boolean isReady() throws IOException, InterruptedException {
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
    URI uri = URI.create("http://127.0.0.1:" + httpPort + path);
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(TIMEOUT).build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    process.close();
    http.close();
  }
}

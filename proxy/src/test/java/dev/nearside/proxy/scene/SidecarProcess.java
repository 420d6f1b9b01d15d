package dev.nearside.proxy.scene;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A sidecar in a process of its own, run as users run it: {@code nearside run …}. */
public final class SidecarProcess implements AutoCloseable {
  private static final Pattern ADDRESSES =
      Pattern.compile("listening on .*?(?::(\\d+))?, http on .*?:(\\d+), upstream");
  private static final long END_LIMIT_S = 30;

  private final Process process;
  private final Queue<String> output = new ConcurrentLinkedQueue<>();
  private final Thread reader;
  private final Thread endWithUs;
  private final HttpClient http = HttpClient.newHttpClient();

  private SidecarProcess(List<String> command) throws IOException {
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    endWithUs = new Thread(process::destroyForcibly, "end-sidecar");
    Runtime.getRuntime().addShutdownHook(endWithUs);
    reader = Thread.ofVirtual().name("sidecar-output").start(this::read);
  }

  /**
   * Runs it, on ports the system chooses unless {@code arguments} say otherwise.
   *
   * @param arguments what follows {@code nearside run}, with {@code --upstream}
   */
  public static SidecarProcess run(List<String> arguments) throws IOException {
    return run(arguments, List.of());
  }

  /** As {@link #run(List)}, with more options of its JVM. */
  public static SidecarProcess run(List<String> arguments, List<String> jvmOptions)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("--sun-misc-unsafe-memory-access=allow"));
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("dev.nearside.proxy.Nearside", "run"));
    command.addAll(arguments);
    addUnlessThere(command, "--listen", "127.0.0.1:0");
    addUnlessThere(command, "--http", "127.0.0.1:0");
    return new SidecarProcess(command);
  }

  private static void addUnlessThere(List<String> command, String option, String value) {
    if (!command.contains(option)) {
      command.addAll(List.of(option, value));
    }
  }

  /** Waits until it says where it listens. */
  public SidecarProcess awaitListening() {
    Waiting.until("the sidecar listens", () -> addresses().find());
    return this;
  }

  /** Waits until L1 is open. */
  public SidecarProcess awaitReady() {
    awaitListening();
    Waiting.until("the sidecar is ready", () -> get("/readyz").statusCode() == 200);
    return this;
  }

  /** Returns the port clients connect to. */
  public int port() {
    return port(1);
  }

  /** Connects a client of bare bytes. */
  public RespClient connect() throws IOException {
    return RespClient.connect(port());
  }

  /** Asks the HTTP port. */
  public HttpResponse<String> get(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port(2) + path);
    return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Returns the value of one series, written as the scrape writes it, or 0 while it is absent. */
  public double metric(String series) throws IOException, InterruptedException {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElse(0);
  }

  /** Has it collect all garbage, now. */
  public void collectGarbage() throws IOException, InterruptedException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    int status =
        new ProcessBuilder(jcmd, Long.toString(process.pid()), "GC.run")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    if (status != 0) {
      throw new IOException("jcmd ended with status " + status);
    }
  }

  /** Sends it SIGTERM. */
  public void terminate() {
    process.toHandle().destroy(); // the process's own destroy() would close its output as well
  }

  /** Ends it as a crash would. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Stops its process; its sockets stay open and silent. Returns once all its threads stand. */
  public void pause() {
    Signals.send("STOP", process);
    Waiting.until("it stands still", this::isStopped);
  }

  private boolean isStopped() throws IOException {
    try (var threads = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
      for (Path thread : threads.toList()) {
        if (!Files.readString(thread.resolve("status")).contains("State:\tT")) {
          return false;
        }
      }
    }
    return true;
  }

  /** Lets a paused sidecar go on. */
  public void resume() {
    Signals.send("CONT", process);
  }

  /** Waits for its end and returns its exit status. */
  public int awaitExit() throws InterruptedException {
    if (!process.waitFor(END_LIMIT_S, TimeUnit.SECONDS)) {
      throw new AssertionError("the sidecar did not end; it said:\n" + output());
    }
    reader.join();
    return process.exitValue();
  }

  /** Returns what it wrote to both streams so far. */
  public String output() {
    return String.join("\n", output);
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
    Runtime.getRuntime().removeShutdownHook(endWithUs);
    http.close();
  }

  private int port(int group) {
    Matcher addresses = addresses();
    if (!addresses.find()) {
      throw new IllegalStateException("the sidecar does not listen yet: " + output());
    }
    return Integer.parseInt(addresses.group(group));
  }

  private Matcher addresses() {
    return ADDRESSES.matcher(output());
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.add(line);
      }
    } catch (IOException e) {
      output.add("output cut off: " + e.getMessage());
    }
  }
}

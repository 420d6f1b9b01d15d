package dev.nearside.proxy.history;

import dev.nearside.proxy.AtRest;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SidecarProcess;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A sidecar that clients of a run go through: in this process, or in one of its own. */
sealed interface Front extends AutoCloseable {
  /**
   * The keys of strict rounds are in a namespace of their own. Nothing else differs from the
   * defaults but what the settings say.
   */
  String YAML = "namespaces:\n  strict:\n    keys: strict:*\n    strict: true\n";

  /** The metric of {@link #moves}. */
  String MOVES = "nearside_upstream_moves_total";

  /** Returns the port it listens on, which stays the same. */
  int port();

  /** Returns what it has counted since it was started. */
  Counters counters() throws IOException;

  /** Returns how often it has been told of another primary since it was started. */
  double moves() throws IOException;

  /** Waits until L1 is open, no fence is up and nobody waits for a barrier. */
  void awaitRest();

  @Override
  void close();

  /** Starts one in this process, in front of what its {@code upstream.uri} says. */
  static Front here(String upstream, List<String> settings) throws IOException {
    List<String> all = new ArrayList<>(List.of("upstream.uri=" + upstream));
    all.addAll(settings);
    return new Here(Sidecar.configured(YAML, 0, all.toArray(String[]::new)));
  }

  /**
   * Starts one in a process of its own.
   *
   * @param jvmOptions more options of its JVM
   */
  static Elsewhere elsewhere(String upstream, List<String> settings, List<String> jvmOptions)
      throws IOException {
    return new Elsewhere(upstream, settings, jvmOptions);
  }

  /** In this process. */
  record Here(Sidecar sidecar) implements Front {
    @Override
    public int port() {
      return sidecar.port();
    }

    @Override
    public Counters counters() throws IOException {
      return Counters.of(sidecar.get("/metrics").body());
    }

    @Override
    public double moves() throws IOException {
      return sidecar.metric(MOVES);
    }

    @Override
    public void awaitRest() {
      Waiting.until("L1 is open", () -> sidecar.get("/readyz").statusCode() == 200);
      AtRest.await(sidecar.proxy());
    }

    @Override
    public void close() {
      sidecar.close();
    }
  }

  /** In a process that can be stopped, killed and started again. */
  final class Elsewhere implements Front {
    private final int port;
    private final Path file;
    private final List<String> arguments;
    private final List<String> jvmOptions;
    private SidecarProcess process;
    private Counters before = Counters.NONE;

    private Elsewhere(String upstream, List<String> settings, List<String> jvmOptions)
        throws IOException {
      this.jvmOptions = jvmOptions;
      try (ServerSocket free = new ServerSocket(0)) {
        port = free.getLocalPort();
      }
      file = Files.createTempFile("nearside", ".yaml");
      Files.writeString(file, YAML);
      arguments = new ArrayList<>(List.of("--config", file.toString()));
      arguments.addAll(List.of("--upstream", upstream));
      arguments.addAll(List.of("--listen", "127.0.0.1:" + port));
      for (String setting : settings) {
        arguments.addAll(List.of("--set", setting));
      }
      process = SidecarProcess.run(arguments, jvmOptions).awaitReady();
    }

    @Override
    public int port() {
      return port;
    }

    /** Stops it where it stands. */
    void pause() {
      process.pause();
    }

    /** Lets it go on. */
    void resume() {
      process.resume();
    }

    /** Ends it as a crash would, and starts another in its place. */
    void killAndRestart() throws IOException, InterruptedException {
      before = counters();
      process.kill();
      process.close();
      process = SidecarProcess.run(arguments, jvmOptions).awaitListening();
    }

    @Override
    public Counters counters() throws IOException {
      try {
        return before.plus(Counters.of(process.get("/metrics").body()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }

    @Override
    public double moves() throws IOException {
      try {
        return process.metric(MOVES);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }

    @Override
    public void awaitRest() {
      process.awaitReady();
      Waiting.until("no fence is up", () -> process.metric("nearside_fences_up") == 0);
    }

    @Override
    public void close() {
      process.close();
      file.toFile().delete();
    }
  }
}

package dev.nearside.benchmarks.servers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A server as a child process whose output goes to a file; whoever started it closes it.
 *
 * <p>It runs in a session of its own where the system has {@code setsid}: Ctrl-C in a terminal then
 * reaches only us, and we stop our servers in the right order.
 */
public final class ServerProcess implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);
  private static final long POLL_MS = 20;
  private static final int SHOWN_LINES = 10;

  private final Process process;
  private final String stopSignal;

  private ServerProcess(Process process, String stopSignal) {
    this.process = process;
    this.stopSignal = stopSignal;
  }

  /**
   * Starts {@code command} and waits until something listens on {@code port}.
   *
   * @param log where its output goes
   * @param stopSignal the signal that stops it, without SIG
   * @throws ServerException if it ends or listens nowhere within a minute; the message ends with
   *     the last lines of its output
   */
  public static ServerProcess start(List<String> command, int port, Path log, String stopSignal) {
    return start(command, () -> Ports.isServed(port), log, stopSignal);
  }

  /** As above, and waits until {@code ready} says so. */
  public static ServerProcess start(
      List<String> command, BooleanSupplier ready, Path log, String stopSignal) {
    List<String> words = new ArrayList<>();
    Path setsid = Programs.onPath("setsid");
    if (setsid != null) {
      words.add(setsid.toString());
    }
    words.addAll(command);
    Path name = Path.of(command.getFirst()).getFileName();
    try {
      Process process =
          new ProcessBuilder(words)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      ServerProcess server = new ServerProcess(process, stopSignal);
      server.awaitReady(String.valueOf(name), ready, log);
      return server;
    } catch (IOException e) {
      throw new ServerException(name + " cannot be started: " + e.getMessage(), e);
    }
  }

  private void awaitReady(String name, BooleanSupplier ready, Path log) throws IOException {
    long deadlineNs = System.nanoTime() + START_TIMEOUT.toNanos();
    while (!ready.getAsBoolean()) {
      if (waitFor(POLL_MS)) {
        throw new ServerException(name + " ended at its start: " + lastLines(log));
      }
      if (System.nanoTime() - deadlineNs > 0) {
        close();
        throw new ServerException(name + " does not listen: " + lastLines(log));
      }
    }
  }

  /** Returns the process id. */
  public long pid() {
    return process.pid();
  }

  /** Stops it in its orderly way, or by force after ten seconds; returns when it is gone. */
  @Override
  public void close() {
    if (!process.isAlive()) {
      return;
    }
    stop();
    if (!waitFor(STOP_TIMEOUT.toMillis())) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      waitFor(STOP_TIMEOUT.toMillis());
    }
  }

  private void stop() {
    if (stopSignal.equals("TERM")) {
      process.destroy();
    } else {
      signal(stopSignal);
    }
  }

  /** Ends it and its children at once, as a crash would; returns when they are gone. */
  public void crash() {
    signal("STOP"); // so that it makes no more children
    List<ProcessHandle> all = new ArrayList<>(List.of(process.toHandle()));
    process.descendants().forEach(all::add);
    all.forEach(ProcessHandle::destroyForcibly); // SIGKILL
    all.forEach(each -> each.onExit().join());
  }

  /** Sends it a signal, named without SIG. */
  public void signal(String name) {
    Programs.output(List.of("sh", "-c", "kill -" + name + " " + process.pid()));
  }

  /** Returns whether it has not ended. */
  boolean isAlive() {
    return process.isAlive();
  }

  private boolean waitFor(long timeoutMs) {
    try {
      return process.waitFor(timeoutMs, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServerException("interrupted while waiting for a server", e);
    }
  }

  private static String lastLines(Path log) throws IOException {
    List<String> lines =
        List.of(new String(Files.readAllBytes(log), StandardCharsets.UTF_8).split("\n", -1));
    return String.join(
        "\n  ", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()));
  }
}

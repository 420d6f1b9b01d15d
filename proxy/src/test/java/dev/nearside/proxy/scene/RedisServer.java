package dev.nearside.proxy.scene;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real redis-server on loopback, for one test: the one on the PATH, else the one that
 * embedded-redis carries. Its files live in a directory of its own; nothing is persisted unless an
 * argument asks for it. Whoever starts it closes it.
 */
public final class RedisServer implements AutoCloseable {
  private static final int START_ATTEMPTS = 5;
  private static final long START_LIMIT_S = 30;
  private static final long STOP_LIMIT_S = 10;

  private final int port;
  private final Path directory;
  private final boolean directoryStays;
  private final Process process;
  private final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final CompletableFuture<Boolean> ready = new CompletableFuture<>();
  private final Thread endWithUs;

  private RedisServer(RedisProgram program, int port, @Nullable Path lent, String... args)
      throws IOException {
    this.port = port;
    this.directoryStays = lent != null;
    this.directory = lent == null ? Files.createTempDirectory("nearside-redis") : lent;
    this.process =
        new ProcessBuilder(command(program, port, directory, args))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    this.endWithUs = new Thread(process::destroyForcibly, "end-redis-" + port);
    Runtime.getRuntime().addShutdownHook(endWithUs);
    // a platform thread: reading a process's pipe holds the carrier of a virtual one
    Thread.ofPlatform().daemon().name("redis-log-" + port).start(this::readLog);
  }

  /**
   * Starts a server on a free port and returns once it accepts connections.
   *
   * @param args more of its options, as on its command line ({@code "--requirepass", "x"}); if the
   *     first does not begin with {@code --} it is the path of a configuration file
   * @throws IllegalStateException if it does not start; the message has what it wrote
   */
  public static RedisServer start(String... args) {
    return start(RedisProgram.preferred(), args);
  }

  /** As {@link #start(String...)}, of a program the caller chose. */
  public static RedisServer start(RedisProgram program, String... args) {
    String said = "";
    for (int attempt = 0; attempt < START_ATTEMPTS; attempt++) {
      RedisServer server = launch(program, freePort(), null, args);
      if (server.awaitReady()) {
        return server;
      }
      server.close();
      said = server.log();
      if (!said.contains("Address already in use")) {
        break;
      }
    }
    throw new IllegalStateException("redis-server did not start; it said:\n" + said);
  }

  /**
   * As {@link #start(String...)}, on a port the caller knows, to let a server come back where it
   * was.
   */
  public static RedisServer startOnPort(int port, String... args) {
    return startOnPort(RedisProgram.preferred(), port, args);
  }

  /** As {@link #startOnPort(int, String...)}, of a program the caller chose. */
  public static RedisServer startOnPort(RedisProgram program, int port, String... args) {
    return awaited(launch(program, port, null, args));
  }

  /**
   * As {@link #startOnPort(int, String...)}, in a directory that is the caller's and outlives the
   * server.
   */
  static RedisServer startIn(Path directory, RedisProgram program, int port, String... args) {
    return awaited(launch(program, port, directory, args));
  }

  private static RedisServer awaited(RedisServer server) {
    if (server.awaitReady()) {
      return server;
    }
    server.close();
    throw new IllegalStateException("redis-server did not start; it said:\n" + server.log());
  }

  /** Returns the port it listens on, on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** Returns whether it has a command of this name, to leave out what an older one lacks. */
  public boolean knows(String command) throws IOException {
    try (RespClient client = RespClient.connect(port)) {
      return client.call("COMMAND", "INFO", command).matches("(?s)\\*1\r\n\\*\\d.*"); // else null
    }
  }

  /** Returns its process id. */
  public long pid() {
    return process.pid();
  }

  /** Returns what it wrote so far. */
  public String log() {
    return String.join("\n", log);
  }

  /** Stops its process where it stands; its sockets stay open and silent. */
  public void pause() {
    Signals.send("STOP", process);
  }

  /** Lets a paused server go on. */
  public void resume() {
    Signals.send("CONT", process);
  }

  /** Ends it as a crash would, and returns once it is gone. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
    forget();
  }

  /** Asks it to end, forces it if it does not, and returns once it is gone; again is harmless. */
  public void stop() {
    if (process.isAlive()) {
      resume();
      process.destroy();
      if (!awaitEnd()) {
        process.destroyForcibly();
        awaitEnd();
      }
    }
    forget();
  }

  @Override
  public void close() {
    stop();
  }

  private static RedisServer launch(
      RedisProgram program, int port, @Nullable Path lent, String... args) {
    try {
      return new RedisServer(program, port, lent, args);
    } catch (IOException e) {
      throw new UncheckedIOException("redis-server could not be run", e);
    }
  }

  private static List<String> command(
      RedisProgram program, int port, Path directory, String... args) {
    List<String> command = new ArrayList<>();
    command.add(program.path());
    int first = 0;
    if (args.length > 0 && !args[0].startsWith("--")) {
      command.add(args[0]);
      first = 1;
    }
    command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
    command.addAll(List.of("--dir", directory.toString(), "--save", "", "--daemonize", "no"));
    command.addAll(List.of(args).subList(first, args.length));
    return command;
  }

  /** Returns a port that nobody listens on now. */
  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on loopback", e);
    }
  }

  /** Returns whether nobody listens on this port now. */
  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  private void readLog() {
    try (BufferedReader lines = process.inputReader()) {
      for (@Nullable String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.add(line);
        // A sentinel never says that it is ready; its identity is the last thing it prints.
        if (line.contains("eady to accept connections") || line.contains("Sentinel ID is")) {
          ready.complete(true);
        }
      }
    } catch (IOException e) {
      log.add("log cut off: " + e.getMessage());
    } finally {
      ready.complete(false);
    }
  }

  private boolean awaitReady() {
    try {
      return ready.get(START_LIMIT_S, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private boolean awaitEnd() {
    try {
      return process.waitFor(STOP_LIMIT_S, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void forget() {
    try {
      Runtime.getRuntime().removeShutdownHook(endWithUs);
    } catch (IllegalStateException e) {
      return; // the hook is running: nothing is left to tidy
    }
    if (!directoryStays) {
      delete(directory);
    }
  }

  /** Removes a directory with all that is in it, if it is there. */
  static void delete(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

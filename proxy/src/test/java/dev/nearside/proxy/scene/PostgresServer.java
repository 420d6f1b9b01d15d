package dev.nearside.proxy.scene;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL on loopback, of its own data directory, that tests may stop, kill and pause.
 *
 * <p>Runs as root too (then the server belongs to {@code nobody}). Keeps its port and data over
 * {@link #restart}. Used by one thread at a time; {@link #close} ends the server and removes its
 * data, and so does the end of the JVM.
 */
public final class PostgresServer implements AutoCloseable {
  /** The superuser; it has no password. */
  public static final String USER = "postgres";

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String READY = "ready to accept connections";

  private final Path programs;
  private final Owner owner;
  private final Path home;
  private final int port;
  private final List<String> settings;
  private final Thread atExit = Thread.ofPlatform().unstarted(this::end);
  private final ConcurrentLinkedDeque<String> log = new ConcurrentLinkedDeque<>();
  private @Nullable Process process;

  private PostgresServer(PostgresProgram program, List<String> settings) throws IOException {
    this.programs = program.directory();
    this.owner = Owner.current();
    this.home = Files.createTempDirectory("nearside-postgres-data-").toRealPath();
    this.port = freePort();
    this.settings = settings;
    owner.give(home);
  }

  /**
   * Starts the PostgreSQL 18 that is carried, with an empty database {@code postgres}.
   *
   * @param settings server settings as {@code name=value}, over the fast and small ones used here
   */
  public static PostgresServer start(String... settings) {
    return start(PostgresProgram.CARRIED, settings);
  }

  /** As {@link #start(String...)}, of another program. */
  public static PostgresServer start(PostgresProgram program, String... settings) {
    try {
      PostgresServer server = new PostgresServer(program, List.of(settings));
      try {
        PostgresTemplate.copy(server.programs, server.owner, server.data());
        Runtime.getRuntime().addShutdownHook(server.atExit);
        server.launch();
      } catch (IOException e) {
        server.close();
        throw e;
      }
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the JDBC URL, without user: {@code jdbc:postgresql://127.0.0.1:port/postgres}. */
  public String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
  }

  /** Returns the port on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** Opens a connection as the superuser; the caller closes it. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl(), USER, null);
  }

  /** Runs statements in order, each in a transaction of its own. */
  public void execute(String... sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String one : sql) {
        statement.execute(one);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("PostgreSQL refused a statement of the test: " + e, e);
    }
  }

  /** Returns the first column of the first row, as a number. */
  public long count(String sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException("PostgreSQL refused a query of the test: " + e, e);
    }
  }

  /** Stops the server as an administrator would (connections are cut, data is kept). */
  public void stop() {
    signal("INT", List.of(process.toHandle()));
    await(process);
  }

  /** Ends the server and its backends at once, as a crash would; data is kept. */
  public void kill() {
    List<ProcessHandle> all = processes().toList();
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(handle -> handle.onExit().join());
  }

  /** Starts a stopped or killed server again, on the same port and data. */
  public void restart() {
    try {
      launch();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Freezes the server: the kernel still accepts connections, nothing answers. */
  public void pause() {
    signal("STOP", List.of(process.toHandle())); // first, so that it forks no more
    signal("STOP", processes().toList());
  }

  /** Lets a paused server go on. */
  public void resume() {
    signal("CONT", processes().toList());
  }

  @Override
  public void close() {
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException exiting) {
      return; // the JVM is ending: the hook runs and finds nothing to end
    }
  }

  private void end() {
    kill();
    PostgresBinaries.delete(home);
  }

  private void launch() throws IOException {
    List<String> options =
        new ArrayList<>(List.of("-D", data().toString(), "-p", Integer.toString(port)));
    Stream.concat(
            Stream.of(
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "fsync=off",
                "full_page_writes=off",
                "shared_buffers=16MB",
                "max_connections=50",
                "timezone=UTC",
                "log_timezone=UTC"),
            settings.stream())
        .forEach(setting -> options.addAll(List.of("-c", setting)));
    CompletableFuture<Void> ready = new CompletableFuture<>();
    process = run("postgres", options);
    Process started = process;
    Thread.ofPlatform().daemon().name("postgres-log").start(() -> follow(started, ready));
    try {
      ready.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      kill();
      throw new IOException("PostgreSQL did not start: " + String.join("\n", log), e);
    }
  }

  private void follow(Process started, CompletableFuture<Void> ready) {
    try (BufferedReader lines = started.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.addLast(line);
        if (log.size() > 50) {
          log.pollFirst();
        }
        if (line.contains(READY)) {
          ready.complete(null);
        }
      }
      ready.completeExceptionally(new IOException("the server ended"));
    } catch (IOException e) {
      ready.completeExceptionally(e);
    }
  }

  private Process run(String program, List<String> options) throws IOException {
    List<String> command = new ArrayList<>(owner.prefix());
    command.add(programs.resolve(program).toString());
    command.addAll(options);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.directory(home.toFile());
    builder.environment().put("LC_ALL", "C");
    Process started = builder.start();
    started.getOutputStream().close();
    return started;
  }

  private Path data() {
    return home.resolve("data");
  }

  private Stream<ProcessHandle> processes() {
    if (process == null) {
      return Stream.empty();
    }
    ProcessHandle postmaster = process.toHandle();
    return Stream.concat(Stream.of(postmaster), postmaster.descendants());
  }

  private static void signal(String name, List<ProcessHandle> to) {
    List<String> command = new ArrayList<>(List.of("sh", "-c", "kill -s \"$0\" \"$@\"", name));
    to.forEach(handle -> command.add(Long.toString(handle.pid())));
    try {
      await(new ProcessBuilder(command).redirectErrorStream(true).start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void await(Process process) {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("a process of PostgreSQL did not end: " + process.info());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for PostgreSQL", e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}

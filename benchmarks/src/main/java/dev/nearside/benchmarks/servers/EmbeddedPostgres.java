package dev.nearside.benchmarks.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A PostgreSQL of its own data directory, on a loopback port; whoever started it closes it. Used by
 * one thread at a time.
 *
 * <p>It trusts every connection from this machine, and trades durability for a quick start.
 */
public final class EmbeddedPostgres implements AutoCloseable {
  private static final int ATTEMPTS = 3;

  private final Cluster cluster;
  private final int port;
  private volatile ServerProcess process;

  private EmbeddedPostgres(Cluster cluster, int port) {
    this.cluster = cluster;
    this.port = port;
    this.process = cluster.serve(port);
  }

  /** Programs, data and settings of a server, which outlive its process. */
  private record Cluster(
      UnprivilegedUser user, Path programs, Path data, Path directory, List<String> settings) {
    ServerProcess serve(int port) {
      Path log = directory.resolve("postgres-" + port + ".log");
      return ServerProcess.start(
          user.command(command(programs, data, port, settings)), () -> accepts(port), log, "INT");
    }
  }

  /**
   * Unpacks PostgreSQL, creates a cluster and starts it on a port that the system gives.
   *
   * @param directory an existing directory, which receives everything
   * @throws ServerException if it does not start
   */
  public static EmbeddedPostgres start(Path directory) {
    return start(directory, List.of());
  }

  /** As {@link #start(Path)}, with more settings of PostgreSQL, {@code name=value}, which win. */
  public static EmbeddedPostgres start(Path directory, List<String> settings) {
    return start(directory, UnprivilegedUser.find(), settings);
  }

  static EmbeddedPostgres start(Path directory, UnprivilegedUser user) {
    return start(directory, user, List.of());
  }

  private static EmbeddedPostgres start(
      Path directory, UnprivilegedUser user, List<String> settings) {
    Path programs = directory.resolve("postgres");
    Path cluster = directory.resolve("cluster");
    try {
      PostgresArchive.unpack(programs);
      Files.createDirectory(cluster);
      user.own(cluster);
    } catch (IOException e) {
      throw new ServerException("PostgreSQL cannot be unpacked: " + e.getMessage(), e);
    }
    createCluster(user, programs, cluster);
    return start(new Cluster(user, programs, cluster, directory, settings));
  }

  private static void createCluster(UnprivilegedUser user, Path programs, Path cluster) {
    List<String> command =
        user.command(
            programs.resolve("bin/initdb").toString(),
            "--pgdata=" + cluster,
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync");
    if (Programs.output(command).isEmpty()) {
      throw new ServerException("PostgreSQL's initdb failed: " + String.join(" ", command));
    }
  }

  private static EmbeddedPostgres start(Cluster cluster) {
    for (int attempt = 1; ; attempt++) {
      int port = Ports.free();
      try {
        return new EmbeddedPostgres(cluster, port);
      } catch (ServerException e) {
        if (attempt == ATTEMPTS || Ports.isFree(port)) {
          throw e;
        }
      }
    }
  }

  private static String[] command(Path programs, Path cluster, int port, List<String> settings) {
    List<String> words = new ArrayList<>();
    words.add(programs.resolve("bin/postgres").toString());
    words.addAll(List.of("-D", cluster.toString(), "-p", Integer.toString(port)));
    for (String setting :
        List.of(
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "shared_buffers=16MB",
            "max_connections=50",
            "fsync=off",
            "wal_level=logical")) {
      words.addAll(List.of("-c", setting));
    }
    settings.forEach(setting -> words.addAll(List.of("-c", setting)));
    return words.toArray(String[]::new);
  }

  private static boolean accepts(int port) {
    try (Connection connection = connect(port)) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false; // not yet: it refuses connections while it starts
    }
  }

  private static Connection connect(int port) throws SQLException {
    return DriverManager.getConnection(url(port), "postgres", "");
  }

  private static String url(int port) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
  }

  /** Returns the port it listens on. */
  public int port() {
    return port;
  }

  /** Returns its process id. */
  public long pid() {
    return process.pid();
  }

  /** Returns the JDBC URL of its database {@code postgres}; the user is {@code postgres}. */
  public String url() {
    return url(port);
  }

  /**
   * Returns a new connection as its superuser; the caller closes it.
   *
   * @throws SQLException if it does not accept one
   */
  public Connection connect() throws SQLException {
    return connect(port);
  }

  /** Ends it with its backends at once, as a crash would; the data stays. */
  public void crash() {
    process.crash();
  }

  /** Stops it as an administrator would, by a fast shutdown; the data stays. */
  public void stop() {
    process.close();
  }

  /** Starts it again after a crash or a stop, with the same port and data. */
  public void restart() {
    process = cluster.serve(port);
  }

  @Override
  public void close() {
    process.close();
  }
}

package dev.nearside.benchmarks.servers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A Redis that keeps nothing on disk, on a loopback port; whoever started it closes it. */
public final class EmbeddedRedis implements AutoCloseable {
  private static final int ATTEMPTS = 3;

  private final ServerProcess process;
  private final int port;

  private EmbeddedRedis(ServerProcess process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts {@code program} on a port that the system gives.
   *
   * @param directory an existing directory for its output
   * @throws ServerException if it does not start
   */
  public static EmbeddedRedis start(Path program, Path directory) {
    return start(program, directory, List.of());
  }

  /** As {@link #start(Path, Path)}, with more options of {@code redis-server}. */
  public static EmbeddedRedis start(Path program, Path directory, List<String> options) {
    for (int attempt = 1; ; attempt++) {
      int port = Ports.free();
      try {
        return start(program, directory, port, options);
      } catch (ServerException e) {
        if (attempt == ATTEMPTS || Ports.isFree(port)) {
          throw e;
        }
      }
    }
  }

  /** As above, on this port. */
  public static EmbeddedRedis start(Path program, Path directory, int port, List<String> options) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
    command.addAll(List.of("--save", "", "--appendonly", "no", "--dir", directory.toString()));
    command.addAll(options);
    Path log = directory.resolve("redis-" + port + ".log");
    return new EmbeddedRedis(ServerProcess.start(command, port, log, "TERM"), port);
  }

  /** Returns the port it listens on. */
  public int port() {
    return port;
  }

  /** Returns its process id. */
  public long pid() {
    return process.pid();
  }

  /** Sends it a signal, named without SIG: KILL, STOP, CONT. */
  public void signal(String name) {
    process.signal(name);
  }

  /** Ends it at once, as a crash would. */
  public void crash() {
    process.crash();
  }

  @Override
  public void close() {
    process.close();
  }
}

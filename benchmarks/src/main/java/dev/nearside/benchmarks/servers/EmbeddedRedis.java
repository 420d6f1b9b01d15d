package dev.nearside.benchmarks.servers;

import java.nio.file.Path;
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
    for (int attempt = 1; ; attempt++) {
      int port = Ports.free();
      try {
        return new EmbeddedRedis(
            ServerProcess.start(
                command(program, port, directory),
                port,
                directory.resolve("redis-" + port + ".log"),
                "TERM"),
            port);
      } catch (ServerException e) {
        if (attempt == ATTEMPTS || Ports.isFree(port)) {
          throw e;
        }
      }
    }
  }

  private static List<String> command(Path program, int port, Path directory) {
    return List.of(
        program.toString(),
        "--port",
        Integer.toString(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        directory.toString());
  }

  /** Returns the port it listens on. */
  public int port() {
    return port;
  }

  /** Returns its process id. */
  public long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    process.close();
  }
}

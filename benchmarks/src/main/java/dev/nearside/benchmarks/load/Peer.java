package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Address;
import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.Ports;
import dev.nearside.benchmarks.servers.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What can stand in a column: Redis itself, or a proxy with a Redis of its own behind it. */
enum Peer {
  REDIS,
  NEARSIDE,
  NUTCRACKER,
  HAPROXY;

  /** Returns the name in tables and files. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns whether it can be started here. */
  boolean isInstalled() {
    return switch (this) {
      case REDIS -> true;
      case NEARSIDE -> Peer.class.getResource("/dev/nearside/proxy/Nearside.class") != null;
      case NUTCRACKER, HAPROXY -> Programs.onPath(label()) != null;
    };
  }

  /** Returns what it says about its version, or null. */
  @Nullable String version() {
    return switch (this) {
      case REDIS, NEARSIDE -> null;
      case NUTCRACKER -> firstLine(List.of(program(), "--version"));
      case HAPROXY -> firstLine(List.of(program(), "-v"));
    };
  }

  /**
   * Returns the command that starts this proxy in the foreground.
   *
   * @param listen where clients are to connect
   * @param redisPort the Redis behind it
   * @param directory where its configuration is written
   * @throws IOException if that cannot be written
   */
  List<String> command(Entrant entrant, Address listen, int redisPort, Path directory)
      throws IOException {
    return switch (this) {
      case REDIS -> throw new IllegalArgumentException("Redis is no proxy");
      case NEARSIDE -> nearside(entrant, listen, redisPort);
      case NUTCRACKER -> nutcracker(listen.port(), redisPort, directory);
      case HAPROXY -> haproxy(listen.port(), redisPort, directory);
    };
  }

  private static List<String> nearside(Entrant entrant, Address listen, int redisPort) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--upstream",
                "redis://127.0.0.1:" + redisPort,
                "--listen",
                listen.path().isEmpty() ? "127.0.0.1:" + listen.port() : "unix:" + listen.path(),
                "--http",
                "127.0.0.1:" + Ports.free()));
    entrant.settings().forEach(setting -> arguments.addAll(List.of("--set", setting)));
    return EmbeddedNearside.command(arguments);
  }

  private List<String> nutcracker(int port, int redisPort, Path directory) throws IOException {
    Path configuration =
        Files.writeString(
            directory.resolve("nutcracker.yml"),
            """
            redis:
              listen: 127.0.0.1:%d
              hash: fnv1a_64
              distribution: ketama
              redis: true
              servers:
               - 127.0.0.1:%d:1
            """
                .formatted(port, redisPort));
    return List.of(
        program(),
        "--conf-file=" + configuration,
        "--stats-addr=127.0.0.1",
        "--stats-port=" + Ports.free(),
        "--pid-file=" + directory.resolve("nutcracker.pid"));
  }

  private List<String> haproxy(int port, int redisPort, Path directory) throws IOException {
    Path configuration =
        Files.writeString(
            directory.resolve("haproxy.cfg"),
            """
            global
              nbthread 1
              maxconn 4000
            defaults
              mode tcp
              timeout connect 5s
              timeout client 1m
              timeout server 1m
            listen redis
              bind 127.0.0.1:%d
              server redis 127.0.0.1:%d
            """
                .formatted(port, redisPort));
    return List.of(program(), "-db", "-f", configuration.toString());
  }

  private String program() {
    return String.valueOf(Programs.onPath(label()));
  }

  private static @Nullable String firstLine(List<String> command) {
    return Programs.output(command).flatMap(text -> text.lines().findFirst()).orElse(null);
  }
}

package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.servers.Programs;
import java.io.IOException;
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
   * @throws IOException if its configuration cannot be written
   */
  List<String> command(Entrant entrant, ProxyCommand command) throws IOException {
    return switch (this) {
      case REDIS -> throw new IllegalArgumentException("Redis is no proxy");
      case NEARSIDE -> command.nearside(entrant.settings());
      case NUTCRACKER -> command.nutcracker(program());
      case HAPROXY -> command.haproxy(program());
    };
  }

  private String program() {
    return String.valueOf(Programs.onPath(label()));
  }

  private static @Nullable String firstLine(List<String> command) {
    return Programs.output(command).flatMap(text -> text.lines().findFirst()).orElse(null);
  }
}

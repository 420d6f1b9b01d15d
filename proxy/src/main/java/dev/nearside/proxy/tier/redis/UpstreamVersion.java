package dev.nearside.proxy.tier.redis;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which server the upstream is and what it lacks, as INFO and COMMAND tell it. What it lacks is
 * what COMMAND does not name: so Valkey, or a version that is not out yet, needs no entry here.
 *
 * @param name for example {@code Redis 7.0.15}
 * @param lacks what clients or the sidecar could use of a later one, in words; empty where nothing
 *     is known to be missing
 * @param tracksUnasked whether it cannot be asked if it still tracks a connection, as before 6.2
 */
record UpstreamVersion(String name, List<String> lacks, boolean tracksUnasked) {
  private static final int NAME = 0;
  private static final int SUBCOMMANDS = 9;

  /**
   * By the command that came with it, in the order of the versions. A subcommand is named from 7.0
   * on, and those here are not older.
   */
  private static final List<Map.Entry<String, String>> FEATURES =
      List.of(
          Map.entry("FCALL", "functions"),
          Map.entry("SSUBSCRIBE", "sharded pub/sub"),
          Map.entry("CLIENT|NO-EVICT", "CLIENT NO-EVICT"),
          Map.entry("CLIENT|NO-TOUCH", "CLIENT NO-TOUCH"),
          Map.entry("CLIENT|SETINFO", "CLIENT SETINFO"),
          Map.entry("WAITAOF", "WAITAOF"),
          Map.entry("HPEXPIRE", "expiry of hash fields"));

  /** Came with CLIENT TRACKINGINFO, which as a subcommand is not named before 7.0. */
  private static final String SINCE_6_2 = "GETEX";

  /**
   * Returns what two replies say.
   *
   * @param info of INFO server
   * @param commands of COMMAND, its words as bytes or strings; null where it was refused
   */
  static UpstreamVersion of(String info, @Nullable List<?> commands) {
    String name = name(info);
    if (commands == null) {
      return new UpstreamVersion(name, List.of(), false);
    }
    Set<String> known = new HashSet<>();
    addNames(commands, known);
    List<String> lacks =
        FEATURES.stream()
            .filter(feature -> !known.contains(feature.getKey()))
            .map(Map.Entry::getValue)
            .toList();
    return new UpstreamVersion(name, lacks, !known.contains(SINCE_6_2));
  }

  /** Forks give the version of Redis that they answer like, and their own beside their name. */
  private static String name(String info) {
    Map<String, String> fields =
        info.lines()
            .filter(line -> line.indexOf(':') > 0)
            .collect(
                Collectors.toMap(
                    line -> line.substring(0, line.indexOf(':')),
                    line -> line.substring(line.indexOf(':') + 1),
                    (first, second) -> first));
    String server = fields.getOrDefault("server_name", "redis");
    String version = fields.get(server + "_version");
    return version == null
        ? "Redis " + fields.getOrDefault("redis_version", "of a version it does not tell")
        : server.substring(0, 1).toUpperCase(Locale.ROOT) + server.substring(1) + " " + version;
  }

  private static void addNames(Collection<?> commands, Set<String> known) {
    for (Object each : commands) {
      if (each instanceof List<?> command && !command.isEmpty()) {
        known.add(text(command.get(NAME)).toUpperCase(Locale.ROOT));
        if (command.size() > SUBCOMMANDS && command.get(SUBCOMMANDS) instanceof Collection<?> sub) {
          addNames(sub, known);
        }
      }
    }
  }

  private static String text(@Nullable Object word) {
    return word instanceof byte[] bytes
        ? new String(bytes, StandardCharsets.ISO_8859_1)
        : String.valueOf(word);
  }

  /** Returns the line for the log. */
  String words() {
    return lacks.isEmpty() ? name : name + ": no " + String.join(", no ", lacks);
  }
}

package dev.nearside.proxy.command;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;

/** How tests write down what commands are, one a line. */
final class Listing {
  private Listing() {}

  /** Name, way, effect and connection effect: what a reviewer reads in classification.txt. */
  static List<String> classification(Collection<Command> commands) {
    return commands.stream().map(Listing::classification).toList();
  }

  static String classification(Command command) {
    return "%-29s %-10s %-13s %s"
        .formatted(
            command.name().replace(' ', '|'),
            command.way(),
            command.effect(),
            command.connectionEffect());
  }

  /** The lines of a resource of this package, without its comments. */
  static List<String> read(String resource) throws IOException {
    try (InputStream in = Listing.class.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .toList();
    }
  }
}

package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Address;
import dev.nearside.benchmarks.report.Versions;
import dev.nearside.benchmarks.servers.TlsIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Collects what took part in a run, and how it was set. */
final class Participants {
  private final Map<String, String> found = new LinkedHashMap<>();

  /**
   * Begins with what takes part in every run.
   *
   * @param redis the program
   */
  Participants(Path redis) {
    found.putAll(Versions.of(redis));
  }

  /** Adds a server. */
  void add(Contestant contestant) throws IOException {
    Entrant entrant = contestant.entrant();
    String version = entrant.peer().version();
    if (version != null) {
      found.put(entrant.peer().label(), version);
    }
    if (!entrant.settings().isEmpty()) {
      found.put("settings of " + entrant.label(), String.join(", ", entrant.settings()));
    }
    Address address = contestant.address();
    if (!address.certificate().isEmpty()) {
      found.put(
          "TLS between clients and " + entrant.label(),
          TlsIdentity.agreedWith(address.port(), Path.of(address.certificate())));
    }
    if (entrant.far()) {
      found.put(
          "a PING to the Redis of " + entrant.label(),
          String.format(Locale.ROOT, "%.2f ms", contestant.roundTripUs() / 1e3));
    }
  }

  /** Returns what was found, in order. */
  Map<String, String> found() {
    return found;
  }
}

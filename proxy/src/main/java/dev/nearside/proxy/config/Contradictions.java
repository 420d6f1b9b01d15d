package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.Upstream;
import java.util.List;
import java.util.Set;

/**
 * Reports values that are well-formed but cannot hold together. Nothing is said about keys that
 * were refused before.
 */
final class Contradictions {
  private static final Set<String> EVERY_INTERFACE = Set.of("0.0.0.0", "::");
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1");

  private final NearsideConfig config;
  private final Settings settings;
  private final Problems problems;

  Contradictions(NearsideConfig config, Settings settings, Problems problems) {
    this.config = config;
    this.settings = settings;
    this.problems = problems;
  }

  void report() {
    reportStaleness();
    reportEntryLargerThanL1();
    reportUpstreamDatabase();
    reportAddresses();
    reportCapture();
  }

  /** A change of a row can only be told where keys name rows. */
  private void reportCapture() {
    NearsideConfig.Database database = config.database();
    if (database == null) {
      return;
    }
    for (DatabaseRows.Table table : database.capture().tables()) {
      NearsideConfig.Capture alone = new NearsideConfig.Capture(List.of(table), "");
      if (config.namespaces().stream().noneMatch(each -> isRead(each, alone))) {
        String path = CaptureKeys.CAPTURE.path();
        problems.add(
            settings.origin(path),
            path,
            Problems.quoted(table.toString())
                + " is the table of no namespace; expected one that a database.table names, or"
                + " nearside.entry beside a database.store");
      }
    }
  }

  private static boolean isRead(NearsideConfig.Namespace namespace, NearsideConfig.Capture table) {
    NearsideConfig.DatabaseRead read = namespace.read();
    return read != null && table.covers(read.rows());
  }

  private void reportStaleness() {
    boolean isKept =
        config.coherence().maxStaleness().compareTo(config.coherence().heartbeat()) > 0;
    if (!isKept && areSound(Keys.COHERENCE_MAX_STALENESS, Keys.COHERENCE_HEARTBEAT)) {
      reportPair(Keys.COHERENCE_MAX_STALENESS, "above", Keys.COHERENCE_HEARTBEAT, "below");
    }
  }

  private void reportEntryLargerThanL1() {
    boolean fits = config.l1().maxEntryBytes() <= config.l1().maxBytes();
    if (!fits && areSound(Keys.L1_MAX_BYTES, Keys.L1_MAX_ENTRY)) {
      reportPair(Keys.L1_MAX_BYTES, "at least", Keys.L1_MAX_ENTRY, "at most");
    }
  }

  /** Says it of the first of the two unless only the second was given. */
  private void reportPair(
      Key<NearsideConfig, ?> first,
      String ofFirst,
      Key<NearsideConfig, ?> second,
      String ofSecond) {
    boolean blameSecond = settings.isGiven(second.path()) && !settings.isGiven(first.path());
    Key<NearsideConfig, ?> blamed = blameSecond ? second : first;
    Key<NearsideConfig, ?> other = blameSecond ? first : second;
    String relation = blameSecond ? ofSecond : ofFirst;
    problems.add(
        settings.origin(blamed.path()),
        blamed.path(),
        Problems.quoted(String.valueOf(blamed.yaml(config)))
            + (" contradicts " + other.path() + ", which is " + other.yaml(config))
            + ("; expected a value " + relation + " that"));
  }

  private void reportUpstreamDatabase() {
    Upstream upstream = config.upstream();
    if (!upstream.localDatabases().contains(upstream.database())
        && areSound(UpstreamKeys.URI, UpstreamKeys.LOCAL_DATABASES)) {
      problems.add(
          settings.origin(UpstreamKeys.LOCAL_DATABASES.path()),
          UpstreamKeys.LOCAL_DATABASES.path(),
          Problems.quoted(upstream.localDatabases().toString())
              + " leaves out the database of upstream.uri; expected a list with "
              + upstream.database());
    }
  }

  private void reportAddresses() {
    if (collide(config.listen(), config.http()) && areSound(ListenKeys.LISTEN, ListenKeys.HTTP)) {
      problems.add(
          settings.origin(ListenKeys.HTTP.path()),
          ListenKeys.HTTP.path(),
          Problems.quoted(Addresses.text(config.http()))
              + " is taken by listen, which is "
              + Addresses.text(config.listen())
              + "; expected another port");
    }
    boolean own =
        config.upstream().discovery().named().stream()
            .anyMatch(named -> collide(config.listen(), named));
    if (own && areSound(ListenKeys.LISTEN, UpstreamKeys.URI)) {
      problems.add(
          settings.origin(UpstreamKeys.URI.path()),
          UpstreamKeys.URI.path(),
          Problems.quoted(String.valueOf(UpstreamKeys.URI.yaml(config)))
              + " is this sidecar itself, whose listen is "
              + Addresses.text(config.listen())
              + "; expected the Redis behind it");
    }
  }

  private static boolean collide(Address listener, Address other) {
    return listener.port() != 0
        && listener.port() == other.port()
        && (listener.host().equals(other.host())
            || reaches(listener, other)
            || reaches(other, listener));
  }

  private static boolean reaches(Address listener, Address other) {
    boolean isEverywhere = EVERY_INTERFACE.contains(listener.host());
    boolean isLocal = isEverywhere || LOOPBACK.contains(listener.host());
    return isLocal && LOOPBACK.contains(other.host());
  }

  private boolean areSound(Key<?, ?> first, Key<?, ?> second) {
    return List.of(first, second).stream().noneMatch(key -> problems.isRefused(key.path()));
  }
}

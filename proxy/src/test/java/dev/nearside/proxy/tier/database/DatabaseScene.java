package dev.nearside.proxy.tier.database;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.config.DatabaseRows;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer;
import io.prometheus.client.CollectorRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A PostgreSQL, and tiers in front of it. */
final class DatabaseScene implements AutoCloseable {
  static final Duration PATIENT = Duration.ofSeconds(20);

  private final PostgresServer server = PostgresServer.start();
  private final List<DatabaseTier> tiers = new ArrayList<>();

  PostgresServer server() {
    return server;
  }

  /** Builds a tier that acts as the superuser. */
  DatabaseTier tier(Namespace... namespaces) {
    return tier(settings(PostgresServer.USER), namespaces);
  }

  DatabaseTier tier(DatabaseTier.Settings settings, Namespace... namespaces) {
    DatabaseTier tier =
        new DatabaseTier(
            settings, List.of(namespaces), new Metrics(new CollectorRegistry(), List.of()));
    tiers.add(tier);
    return tier;
  }

  DatabaseTier.Settings settings(String user) {
    return new DatabaseTier.Settings(server.jdbcUrl(), user, null, 2, PATIENT, 100, 1000);
  }

  /** Returns a namespace whose name is what its keys begin with. */
  static Namespace namespace(String keys, DatabaseRows rows, String value) {
    Duration ttl = Duration.ofMinutes(1);
    NearsideConfig.DatabaseRead read =
        new NearsideConfig.DatabaseRead(rows, value, NearsideConfig.WhenUnavailable.ERROR);
    String name = keys.substring(0, keys.indexOf(':'));
    return Namespace.of(
        new NearsideConfig.Namespace(name, keys, ttl, ttl, ttl, false, ttl, List.of(), read));
  }

  /** Reads a key: its value, {@code absent}, or why it cannot be said. */
  static String read(DatabaseTier tier, Namespace namespace, String key) {
    return text(tier.read(namespace, key.getBytes(UTF_8)));
  }

  static String text(CompletableFuture<Answer> answer) {
    return switch (answer.orTimeout(PATIENT.toSeconds(), TimeUnit.SECONDS).join()) {
      case Answer.Hit hit -> new String(hit.value(), UTF_8);
      case Answer.Miss miss -> "absent";
      case Answer.Unavailable unavailable -> unavailable.reason().label();
    };
  }

  /** Ends the tiers built since the last call. */
  void closeTiers() {
    tiers.forEach(DatabaseTier::close);
    tiers.clear();
  }

  @Override
  public void close() {
    closeTiers();
    server.close();
  }
}

package dev.nearside.benchmarks.demo;

import dev.nearside.proxy.config.DatabaseRows;
import dev.nearside.proxy.config.Discovery;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.Capture;
import dev.nearside.proxy.config.NearsideConfig.Coherence;
import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.config.NearsideConfig.Database;
import dev.nearside.proxy.config.NearsideConfig.DatabaseRead;
import dev.nearside.proxy.config.NearsideConfig.L1;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.config.NearsideConfig.Limits;
import dev.nearside.proxy.config.NearsideConfig.MgetMode;
import dev.nearside.proxy.config.NearsideConfig.Namespace;
import dev.nearside.proxy.config.NearsideConfig.Query;
import dev.nearside.proxy.config.NearsideConfig.Transport;
import dev.nearside.proxy.config.NearsideConfig.Trust;
import dev.nearside.proxy.config.NearsideConfig.UnheldReads;
import dev.nearside.proxy.config.NearsideConfig.Upstream;
import dev.nearside.proxy.config.NearsideConfig.WhenUnavailable;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration of the demo's sidecar: the four families of keys, and users. */
final class DemoConfig {
  private static final String LOOPBACK = "127.0.0.1";
  private static final int MIB = 1 << 20;
  private static final DatabaseRows.Table PROMPTS = new DatabaseRows.Table("public", "prompt");

  private DemoConfig() {}

  static NearsideConfig of(int port, int httpPort, int redisPort, String databaseUrl) {
    return new NearsideConfig(
        new Address(LOOPBACK, port),
        0,
        new Address(LOOPBACK, httpPort),
        Trust.LOOPBACK,
        null,
        false,
        Transport.AUTO,
        Math.min(2, Runtime.getRuntime().availableProcessors()),
        Duration.ofSeconds(5),
        new Upstream(
            new Discovery.Fixed(new Address(LOOPBACK, redisPort)),
            null,
            null,
            null,
            null,
            null,
            0,
            List.of(0),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofMillis(500)),
        new L1(
            L1Mode.ON,
            64L * MIB,
            MIB,
            Duration.ofMinutes(10),
            4096,
            Duration.ZERO,
            Duration.ofSeconds(10),
            MgetMode.SNAPSHOT,
            true,
            true),
        new Coherence(
            CoherenceMode.TRACKING,
            Duration.ofSeconds(1),
            Duration.ofMillis(250),
            Duration.ofSeconds(2),
            500_000,
            Duration.ofSeconds(5),
            Duration.ofSeconds(1),
            UnheldReads.AUTO),
        new Database(
            databaseUrl, "postgres", "", 4, Duration.ofSeconds(2), 128, 512 * 1024, capture()),
        namespaces(),
        List.of(usersOnPlan()),
        new Limits(
            10_000, 512L * MIB, 1024L * MIB, 64L * MIB, Duration.ZERO, Duration.ofMinutes(5)));
  }

  private static Capture capture() {
    return new Capture(List.of(PROMPTS), "nearside");
  }

  private static List<Namespace> namespaces() {
    return List.of(
        namespace(
            "prompt",
            "prompt:{id:bigint}",
            Duration.ofMinutes(15),
            new DatabaseRead(PROMPTS, "body", WhenUnavailable.ERROR)),
        namespace(
            "rule",
            "rule:{name:text}",
            Duration.ofHours(2),
            read("SELECT name, definition FROM rule WHERE name = ANY(:name)", "definition")),
        namespace(
            "user",
            "user:{id:bigint}",
            Duration.ofMinutes(10),
            read("SELECT id, name, email, plan FROM account WHERE id = ANY(:id)", "*")),
        namespace("session", "session:*", Duration.ofMinutes(30), null),
        namespace("analytics", "analytics:*", Duration.ofHours(1), null));
  }

  private static Query usersOnPlan() {
    Duration ttl = Duration.ofMinutes(5);
    return new Query(
        "users-on-plan",
        "SELECT id, name FROM account WHERE plan = :plan AND id <= :most ORDER BY id",
        List.of("plan", "most"),
        ttl,
        ttl,
        false,
        Duration.ZERO,
        List.of("plan:{plan}"),
        1_000,
        MIB);
  }

  private static Namespace namespace(
      String name, String keys, Duration ttl, @Nullable DatabaseRead read) {
    return new Namespace(
        name, keys, ttl, ttl, Duration.ofSeconds(5), false, Duration.ZERO, List.of(), read);
  }

  private static DatabaseRead read(String query, String value) {
    return new DatabaseRead(query, value, WhenUnavailable.ERROR);
  }
}

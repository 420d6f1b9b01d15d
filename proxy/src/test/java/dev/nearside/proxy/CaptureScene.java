package dev.nearside.proxy;

import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SidecarProcess;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A PostgreSQL whose log tells of changes, a Redis, and sidecars that capture them. */
final class CaptureScene implements AutoCloseable {
  static final String TABLES = "public.prompt, public.item, public.plain, nearside.entry";
  private static final String SLOTS = "SELECT count(*) FROM pg_replication_slots";

  private static final String NAMESPACES =
      """
      l1:
        admission-window: 0s
      namespaces:
        other:
          keys: prompt:7:extra
        prompt:
          keys: prompt:{id:bigint}
          l2-ttl: 10m
          negative-ttl: 10m
          database:
            table: prompt
            value: body
        item:
          keys: "item[{owner}]:{name}"
          l2-ttl: 10m
          negative-ttl: 10m
          database:
            table: public.item
            value: body
        plain:
          keys: plain:{id:uuid}
          l2-ttl: 10m
          database:
            table: plain
            value: body
        note:
          keys: note:{id:bigint}
          l2-ttl: 10m
          database:
            table: prompt
            value: body
            write: through
        kept:
          keys: kept:*
          l2-ttl: 10m
          database:
            store: true
      """;

  private final PostgresServer database;
  private final RedisServer redis = RedisServer.start();

  CaptureScene(String... settings) {
    String[] all = new String[settings.length + 2];
    all[0] = "wal_level=logical";
    all[1] = "synchronous_commit=local"; // who wants to wait for standbys says so
    System.arraycopy(settings, 0, all, 2, settings.length);
    database = PostgresServer.start(all);
    database.execute(
        "CREATE TABLE prompt (id bigint PRIMARY KEY, body text)",
        "CREATE TABLE item (owner text, name text, body text, PRIMARY KEY (owner, name))",
        "CREATE TABLE plain (id uuid NOT NULL, body text)",
        "ALTER TABLE plain REPLICA IDENTITY FULL");
  }

  String yaml(String user) {
    return NAMESPACES
        + """
        database:
          url: %s
          user: %s
          pool-size: 4
          timeout: 5s
          capture: [%s]
        """
            .formatted(database.jdbcUrl(), user, TABLES);
  }

  /** Starts a sidecar, and waits until it can take leases. */
  Sidecar sidecar(String... settings) throws IOException {
    Sidecar sidecar =
        Sidecar.configured(yaml(PostgresServer.USER), redis.port(), settings).awaitReady();
    Waiting.until(
        "it can take leases",
        () -> sidecar.metric("nearside_upstream_connections{kind=\"administration\"}") == 1);
    return sidecar;
  }

  /** Starts one in a process of its own. */
  SidecarProcess process() throws IOException {
    Path file = Files.createTempFile("nearside", ".yaml");
    try {
      Files.writeString(file, yaml(PostgresServer.USER));
      String upstream = "redis://127.0.0.1:" + redis.port();
      return SidecarProcess.run(List.of("--config", file.toString(), "--upstream", upstream))
          .awaitReady();
    } finally {
      Files.delete(file);
    }
  }

  /** Waits until somebody reads the changes. */
  void awaitOpen() {
    Waiting.until("changes are read", this::isOpen);
  }

  boolean isOpen() throws IOException {
    try (RespClient direct = direct()) {
      return gate(direct).endsWith("+\r\n");
    }
  }

  /** Returns what the gate holds, as Redis answers. */
  String gate(RespClient direct) throws IOException {
    String found = direct.call("KEYS", "nearside:capture:*");
    return found.startsWith("*0") ? "none" : direct.call("GET", found.lines().toList().get(2));
  }

  static boolean isReading(Sidecar sidecar) throws IOException {
    return sidecar.metric("nearside_capture_state{state=\"reading\"}") == 1;
  }

  static double deleted(Sidecar sidecar) throws IOException {
    return sidecar.metric("nearside_capture_changes_total");
  }

  long slots() {
    return database.count(SLOTS);
  }

  PostgresServer database() {
    return database;
  }

  RedisServer redis() {
    return redis;
  }

  RespClient direct() throws IOException {
    return RespClient.connect(redis.port());
  }

  static String bulk(String value) {
    return "$" + value.length() + "\r\n" + value + "\r\n";
  }

  @Override
  public void close() {
    redis.close();
    database.close();
  }
}

package dev.nearside.proxy.tier.database;

import static dev.nearside.proxy.tier.database.DatabaseScene.namespace;
import static dev.nearside.proxy.tier.database.DatabaseScene.read;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.nearside.proxy.config.DatabaseRows;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.StoreRow;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer;
import dev.nearside.proxy.tier.database.StoreCleaner.Pace;
import io.prometheus.client.CollectorRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The long-term store: its tables, its rows and their end. */
final class LongTermStoreIT {
  private static final String HISTORY = "SELECT count(*) FROM nearside.flyway_schema_history";
  private static final String ROWS = "SELECT count(*) FROM nearside.entry";
  private static final Namespace RULES = namespace("rule:*", new DatabaseRows.Store(), "*");
  private static final Namespace CARTS =
      namespace("cart:{id:bigint}", new DatabaseRows.Store(), "*");

  private static DatabaseScene database;
  private static PostgresServer server;

  private final CollectorRegistry registry = new CollectorRegistry();
  private final Metrics metrics = new Metrics(registry, List.of());

  @BeforeAll
  static void startServer() {
    database = new DatabaseScene();
    server = database.server();
    server.execute("CREATE ROLE app LOGIN");
  }

  @AfterAll
  static void stopServer() {
    database.close();
  }

  @BeforeEach
  void dropTables() {
    server.execute("DROP SCHEMA IF EXISTS nearside CASCADE");
  }

  @AfterEach
  void closeTiers() {
    database.closeTiers();
  }

  @Test
  void tables_areMadeOnce() {
    database.tier(RULES, CARTS).awaitCheck();
    assertThat(server.count(ROWS)).isZero();
    assertThat(server.count(HISTORY)).isEqualTo(3); // the schema, and the migrations
    assertThat(server.count("SELECT seqcache FROM pg_sequence")).isEqualTo(1);
    server.execute("DROP TABLE nearside.flyway_schema_history");
    database.tier(RULES).awaitCheck(); // has nothing to do
    assertThat(server.count("SELECT count(*) FROM pg_tables WHERE schemaname = 'nearside'"))
        .isEqualTo(2);
  }

  @Test
  void tables_ofTheFirstLayout_areBroughtUpToDate_andKeepTheirRows() {
    assertThat(DatabaseSetup.migrate(database.settings(PostgresServer.USER))).isNull();
    server.execute(
        "DROP TABLE nearside.outbox",
        "DELETE FROM nearside.flyway_schema_history WHERE version = '2'",
        "COMMENT ON TABLE nearside.entry IS 'The long-term store of Nearside, layout 1'");
    StoreRow.put(server, "rule:a", "A");
    DatabaseTier tier = database.tier(RULES);
    tier.awaitCheck();
    assertThat(read(tier, RULES, "rule:a")).isEqualTo("A");
    assertThat(server.count("SELECT count(*) FROM nearside.outbox")).isZero();
  }

  @Test
  void tables_ofSeveralStartsAtOnce_areMadeOnce() {
    List<CompletableFuture<Void>> starts =
        IntStream.range(0, 4)
            .mapToObj(i -> database.tier(RULES))
            .map(tier -> CompletableFuture.runAsync(tier::awaitCheck, Thread::startVirtualThread))
            .toList();
    starts.forEach(CompletableFuture::join);
    assertThat(server.count(HISTORY)).isEqualTo(3);
  }

  @Test
  void tables_aUserWhoMayNotMakeThem_isToldWhoCan() throws SQLException {
    DatabaseTier.Settings app = database.settings("app");
    DatabaseTier tier = database.tier(app, RULES);
    assertThat(catchThrowableOfType(MisfitException.class, tier::awaitCheck).problems())
        .containsExactly(
            "rule: the tables of the long-term store are not there, and user app may not make them,"
                + " who has no right to CREATE in database postgres; expected to be made before, by"
                + " nearside migrate as a user who may, or by the SQL that nearside migrate --print"
                + " shows");
    assertThat(DatabaseSetup.migrate(app))
        .isEqualTo(
            "the tables of the long-term store: user app may not make them, who has no right to"
                + " CREATE in database postgres");

    assertThat(DatabaseSetup.migrate(database.settings(PostgresServer.USER))).isNull();
    DatabaseTier without = database.tier(app, RULES);
    assertThat(catchThrowableOfType(MisfitException.class, without::awaitCheck).problems())
        .containsExactly(
            "rule: the database says: permission denied for schema nearside; expected the rights of"
                + " nearside migrate --print");

    server.execute("GRANT USAGE ON SCHEMA nearside TO app");
    server.execute("GRANT SELECT ON nearside.entry TO app");
    StoreRow.put(server, "rule:a", "A");
    DatabaseTier reader = database.tier(app, RULES);
    reader.awaitCheck();
    assertThat(read(reader, RULES, "rule:a")).isEqualTo("A");
  }

  @Test
  void tables_madeByHand_areTakenAsTheyAre() {
    server.execute(DatabaseSetup.migrationSql(), DatabaseSetup.migrationSql());
    DatabaseTier tier = database.tier(RULES);
    tier.awaitCheck();
    assertThat(read(tier, RULES, "rule:a")).isEqualTo("absent");
    assertThat(DatabaseSetup.migrate(database.settings(PostgresServer.USER))).isNull();
    assertThat(DatabaseSetup.migrate(database.settings(PostgresServer.USER))).isNull();
    assertThat(server.count(HISTORY)).isEqualTo(3); // a baseline, and the migrations
  }

  @Test
  void check_withoutAStart_makesNothing() {
    DatabaseTier.Settings settings = database.settings(PostgresServer.USER);
    assertThat(DatabaseSetup.misfits(settings, List.of(RULES), Namespace::name)).isEmpty();
    assertThat(server.count("SELECT count(*) FROM pg_namespace WHERE nspname = 'nearside'"))
        .isZero();
  }

  @Test
  void read_everyForm_isTheValue() {
    DatabaseTier tier = database.tier(RULES, CARTS);
    tier.awaitCheck();
    String large = "large ".repeat(1_000);
    StoreRow.put(server, "rule:small", "small");
    StoreRow.put(server, "rule:large", large);
    StoreRow.put(server, "rule:empty", "");
    StoreRow.put(server, "cart:7", "seven");
    byte[] binary = {'r', 'u', 'l', 'e', ':', 0, -1, '\\', '"', '{'};
    StoreRow.put(server, binary, new StoredValue(StoredValue.RAW, binary), null);
    assertThat(server.count("SELECT octet_length(value) FROM nearside.entry WHERE encoding = 1"))
        .isLessThan(large.length() / 2);
    assertThat(read(tier, RULES, "rule:small")).isEqualTo("small");
    assertThat(read(tier, RULES, "rule:large")).isEqualTo(large);
    assertThat(read(tier, RULES, "rule:empty")).isEmpty();
    assertThat(read(tier, RULES, "rule:smal")).isEqualTo("absent");
    assertThat(read(tier, CARTS, "cart:7")).isEqualTo("seven");
    assertThat(((Answer.Hit) tier.read(RULES, binary).join()).value()).isEqualTo(binary);
  }

  @Test
  void read_oneDamagedRow_failsAlone() {
    DatabaseTier tier = database.tier(RULES);
    tier.awaitCheck();
    StoreRow.put(server, "rule:good", "good");
    StoreRow.put(server, "rule:new".getBytes(UTF_8), new StoredValue((short) 9, binary()), null);
    StoreRow.put(
        server, "rule:bad".getBytes(UTF_8), new StoredValue(StoredValue.LZ4, binary()), null);
    List<CompletableFuture<Answer>> answers =
        List.of("rule:new", "rule:good", "rule:bad").stream()
            .map(key -> tier.read(RULES, key.getBytes(UTF_8)))
            .toList();
    assertThat(answers).extracting(DatabaseScene::text).containsExactly("error", "good", "error");
  }

  private static byte[] binary() {
    return new byte[] {0, 0, 0, 9, 1, 2, 3};
  }

  @Test
  void read_whatExpires_saysWhenAndIsAbsentThen() {
    DatabaseTier tier = database.tier(RULES);
    tier.awaitCheck();
    StoreRow.put(server, "rule:gone", "x", -1);
    StoreRow.put(server, "rule:soon", "x", 60_000);
    StoreRow.put(server, "rule:ever", "x");
    server.execute("INSERT INTO nearside.entry VALUES ('rule:late', 'x', 0, '294000-01-01', 1)");
    assertThat(read(tier, RULES, "rule:gone")).isEqualTo("absent");
    Duration hour = Duration.ofHours(1);
    assertThat(hit(tier, "rule:soon").lifeWithin(hour))
        .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(60));
    assertThat(hit(tier, "rule:soon").lifeWithin(Duration.ofSeconds(1)))
        .isEqualTo(Duration.ofSeconds(1));
    assertThat(hit(tier, "rule:ever").lifeWithin(hour)).isEqualTo(hour);
    assertThat(hit(tier, "rule:late").lifeWithin(hour)).isEqualTo(hour);
    server.execute("UPDATE nearside.entry SET expires_at = now() WHERE key = 'rule:soon'");
    assertThat(read(tier, RULES, "rule:soon")).isEqualTo("absent");
  }

  private static Answer.Hit hit(DatabaseTier tier, String key) {
    return (Answer.Hit) tier.read(RULES, key.getBytes(UTF_8)).join();
  }

  @Test
  void rows_thatHaveExpired_areDeletedInBatches() throws SQLException {
    assertThat(DatabaseSetup.migrate(database.settings(PostgresServer.USER))).isNull();
    server.execute(
        "INSERT INTO nearside.entry SELECT int8send(n), 'x', 0,"
            + " now() + CASE WHEN n < 2500 THEN -1 ELSE 1 END * interval '1 hour', n"
            + " FROM generate_series(0, 2599) n",
        "INSERT INTO nearside.entry SELECT int8send(n), 'x', 0, NULL, n"
            + " FROM generate_series(3000, 3099) n");
    try (Connection other = server.connect();
        Statement lock = other.createStatement();
        StoreCleaner cleaner = cleaner()) {
      other.setAutoCommit(false);
      lock.execute("SELECT FROM nearside.entry WHERE version < 3 FOR UPDATE");
      cleaner.start();
      Waiting.until("the free ones are gone", () -> server.count(ROWS) == 203);
      other.rollback();
      Waiting.until("the others are gone, too", () -> server.count(ROWS) == 200);
      assertThat(registry.getSampleValue("nearside_store_expired_total")).isEqualTo(2500);
      assertThat(cleanings("ok")).isGreaterThanOrEqualTo(4);
    }
    assertThat(cleanings("error")).isZero();
  }

  @Test
  void cleaner_endedBeforeItsStart_deletesNothing() {
    assertThat(DatabaseSetup.migrate(database.settings(PostgresServer.USER))).isNull();
    CollectorRegistry ofTheEnded = new CollectorRegistry();
    StoreCleaner ended = cleaner(new Metrics(ofTheEnded, List.of()));
    ended.close();
    ended.start();
    try (StoreCleaner other = cleaner()) {
      other.start();
      Waiting.until("another has been at it", () -> cleanings("ok") >= 5);
    }
    assertThat(cleanings(ofTheEnded, "ok")).isZero();
  }

  @Test
  void rows_thatMayNotBeDeleted_areCountedAsFailures() {
    try (StoreCleaner cleaner = cleaner()) {
      cleaner.start(); // there is no table
      Waiting.until("it has failed", () -> cleanings("error") >= 2);
      assertThat(DatabaseSetup.migrate(database.settings(PostgresServer.USER))).isNull();
      StoreRow.put(server, "rule:gone", "x", -1);
      Waiting.until("it goes on", () -> server.count(ROWS) == 0);
    }
  }

  private StoreCleaner cleaner() {
    return cleaner(metrics);
  }

  private StoreCleaner cleaner(Metrics counts) {
    Pace pace = new Pace(1_000, Duration.ofMillis(1), Duration.ofMillis(20));
    return new StoreCleaner(
        new DirectConnections(database.settings(PostgresServer.USER)), pace, counts);
  }

  private double cleanings(String result) {
    return cleanings(registry, result);
  }

  private static double cleanings(CollectorRegistry registry, String result) {
    return registry.getSampleValue(
        "nearside_store_cleanings_total", new String[] {"result"}, new String[] {result});
  }
}

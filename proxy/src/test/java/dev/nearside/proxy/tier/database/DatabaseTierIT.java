package dev.nearside.proxy.tier.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer;
import dev.nearside.proxy.tier.Answer.Reason;
import io.prometheus.client.CollectorRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class DatabaseTierIT {
  private static final Duration PATIENT = Duration.ofSeconds(20);
  private static final String STATEMENTS =
      "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query LIKE '%FROM prompt%'"
          + " AND query NOT LIKE '%pg_stat_statements%'";

  private static PostgresServer server;

  private final List<DatabaseTier> tiers = new ArrayList<>();

  @BeforeAll
  static void startServer() {
    server = PostgresServer.start("shared_preload_libraries=pg_stat_statements");
    server.execute("CREATE EXTENSION pg_stat_statements");
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void createTables() {
    server.execute(
        "DROP TABLE IF EXISTS prompt, cart, item",
        "CREATE TABLE prompt (id bigint PRIMARY KEY, body text, n int DEFAULT 0)",
        "INSERT INTO prompt SELECT i, 'body ' || i FROM generate_series(1, 500) i",
        "CREATE TABLE cart (owner uuid, name text, content jsonb, PRIMARY KEY (owner, name))",
        "CREATE TABLE item (id text PRIMARY KEY, body text)",
        "INSERT INTO item VALUES ('a', 'A'), ('näher', 'ü')");
  }

  @AfterEach
  void closeTiers() {
    tiers.forEach(DatabaseTier::close);
  }

  @Test
  void read_rowNoRowAndNull() {
    server.execute("INSERT INTO prompt VALUES (1000, NULL), (1001, '')");
    Namespace prompt = prompts();
    DatabaseTier tier = tier(2, PATIENT, prompt);
    assertThat(text(tier.read(prompt, key("prompt:7")))).isEqualTo("body 7");
    assertThat(tier.read(prompt, key("prompt:999")).join()).isEqualTo(Answer.Miss.INSTANCE);
    assertThat(tier.read(prompt, key("prompt:1000")).join()).isEqualTo(Answer.Miss.INSTANCE);
    assertThat(text(tier.read(prompt, key("prompt:1001")))).isEmpty();
  }

  @Test
  void read_completesOnAVirtualThread() {
    Namespace prompt = prompts();
    DatabaseTier tier = tier(2, PATIENT, prompt);
    try (Blocked blocked = new Blocked("prompt")) {
      CompletableFuture<Thread> completer =
          tier.read(prompt, key("prompt:7")).thenApply(answer -> Thread.currentThread());
      assertThat(completer).isNotDone();
      blocked.release();
      assertThat(completer.join().isVirtual()).isTrue();
    }
  }

  /** Ten times, since the driver changes its protocol after the fifth run of a statement. */
  @Test
  void read_everyType_isItsTextAsTheServerWritesIt() {
    for (String[] type :
        new String[][] {
          {"'näher 🚀'::text", "näher 🚀"},
          {"'x'::varchar", "x"},
          {"42::int", "42"},
          {"9223372036854775807::bigint", "9223372036854775807"},
          {"7::smallint", "7"},
          {"1e10::float8", "10000000000"},
          {"0.1::float4", "0.1"},
          {"1.50::numeric", "1.50"},
          {"true", "true"},
          {"false", "false"},
          {"timestamptz '2026-11-21 10:00:00+02'", "2026-11-21 08:00:00+00"},
          {"timestamp '2026-11-21 10:00:00'", "2026-11-21 10:00:00"},
          {"date '2026-11-21'", "2026-11-21"},
          {"time '10:00:00'", "10:00:00"},
          {"'{\"b\": 1,  \"a\":2}'::json", "{\"b\": 1,  \"a\":2}"},
          {"'{\"b\": 1,  \"a\":2}'::jsonb", "{\"a\": 2, \"b\": 1}"},
          {"'6B1F3C8E-0A2D-4E5F-9A7B-1C2D3E4F5A6B'::uuid", "6b1f3c8e-0a2d-4e5f-9a7b-1c2d3e4f5a6b"},
          {"ARRAY[1.5,2]::float8[]", "{1.5,2}"},
          {"ARRAY['a b','c']", "{\"a b\",c}"},
          {"point(1,2)", "(1,2)"},
          {"interval '1 day'", "1 day"},
        }) {
      Namespace namespace =
          namespace("t:{id:bigint}", "SELECT :id::bigint[] x, 1 id, " + type[0] + " v", "v");
      DatabaseTier tier = tier(1, PATIENT, namespace);
      for (int i = 0; i < 10; i++) {
        assertThat(text(tier.read(namespace, key("t:1")))).as(type[0]).isEqualTo(type[1]);
      }
      tier.close();
    }
  }

  @Test
  void read_bytea_isItsBytes() {
    Namespace namespace =
        namespace("t:{id:bigint}", "SELECT id, '\\x00ff0a'::bytea v FROM unnest(:id) id", "v");
    DatabaseTier tier = tier(1, PATIENT, namespace);
    for (int i = 0; i < 10; i++) {
      Answer answer = tier.read(namespace, key("t:1")).join();
      assertThat(((Answer.Hit) answer).value()).containsExactly(0, 0xff, 10);
    }
  }

  @Test
  void read_wholeRow_isJson() {
    Namespace namespace =
        namespace("prompt:{id:bigint}", "SELECT * FROM prompt WHERE id = ANY(:id); -- x", "*");
    DatabaseTier tier = tier(1, PATIENT, namespace);
    assertThat(text(tier.read(namespace, key("prompt:7"))))
        .isEqualTo("{\"id\":7,\"body\":\"body 7\",\"n\":0}");
    assertThat(tier.read(namespace, key("prompt:999")).join()).isEqualTo(Answer.Miss.INSTANCE);
  }

  @Test
  void read_compositeKeys_findTheirOwnRows() {
    String one = "6b1f3c8e-0a2d-4e5f-9a7b-1c2d3e4f5a6b";
    String two = "00000000-0000-0000-0000-000000000002";
    server.execute(
        "INSERT INTO cart VALUES ('"
            + one
            + "', 'a:b', '1'), ('"
            + one
            + "', 'c', '2'), ('"
            + two
            + "', 'a:b', '3')");
    Namespace carts =
        namespace(
            "cart:{owner:uuid}:{name}",
            "SELECT c.* FROM cart c JOIN unnest(:owner, :name) AS k(owner, name)"
                + " USING (owner, name)",
            "content");
    DatabaseTier tier = tier(1, PATIENT, carts);
    try (Blocked blocked = new Blocked("cart")) {
      List<CompletableFuture<Answer>> answers =
          IntStream.range(0, 3) // more than one batch, each of composite keys
              .boxed()
              .flatMap(i ->
                  List.of(one + ":a:b", one + ":c", two + ":a:b", two + ":c").stream()
                      .map(k -> tier.read(carts, key("cart:" + k))))
              .toList();
      blocked.release();
      for (int i = 0; i < answers.size(); i += 4) {
        assertThat(text(answers.get(i))).isEqualTo("1");
        assertThat(text(answers.get(i + 1))).isEqualTo("2");
        assertThat(text(answers.get(i + 2))).isEqualTo("3");
        assertThat(answers.get(i + 3).join()).isEqualTo(Answer.Miss.INSTANCE);
      }
    }
  }

  @Test
  void read_concurrentMisses_areOneStatement() {
    Namespace prompt = prompts();
    DatabaseTier tier = tier(1, PATIENT, prompt);
    tier.read(prompt, key("prompt:1")).join();
    long before = server.count(STATEMENTS);
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    try (Blocked blocked = new Blocked("prompt")) {
      answers.add(tier.read(prompt, key("prompt:1")));
      awaitTrue(() -> blocked.waiters() == 1);
      for (int i = 0; i < 100; i++) {
        answers.add(tier.read(prompt, key("prompt:" + (i % 50 + 1)))); // each key twice
      }
      assertThat(tier.waiting()).isEqualTo(100);
    }
    for (int i = 0; i < 100; i++) {
      assertThat(text(answers.get(i + 1))).isEqualTo("body " + (i % 50 + 1));
    }
    assertThat(server.count(STATEMENTS) - before).isEqualTo(2);
    assertThat(tier.waiting()).isZero();
  }

  @Test
  void read_moreThanABatch_isSeveralStatements() {
    Namespace prompt = prompts();
    DatabaseTier tier = tier(1, PATIENT, prompt);
    tier.read(prompt, key("prompt:1")).join();
    long before = tier.statements();
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    try (Blocked blocked = new Blocked("prompt")) {
      answers.add(tier.read(prompt, key("prompt:1")));
      awaitTrue(() -> blocked.waiters() == 1);
      for (int i = 1; i <= 450; i++) {
        answers.add(tier.read(prompt, key("prompt:" + i)));
      }
    }
    CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).join();
    assertThat(text(answers.get(450))).isEqualTo("body 450");
    assertThat(tier.statements() - before).isEqualTo(1 + 5); // 100 keys a statement
  }

  @Test
  void read_oneIndigestibleKey_failsAlone() {
    Namespace narrow =
        namespace(
            "p:{id:bigint}", "SELECT id, body FROM prompt WHERE id = ANY(:id::int[])", "body");
    DatabaseTier tier = tier(1, PATIENT, narrow);
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    try (Blocked blocked = new Blocked("prompt")) {
      answers.add(tier.read(narrow, key("p:1")));
      awaitTrue(() -> blocked.waiters() == 1);
      for (int i = 1; i <= 20; i++) {
        answers.add(tier.read(narrow, key(i == 13 ? "p:9223372036854775807" : "p:" + i)));
      }
    }
    for (int i = 1; i <= 20; i++) {
      Answer answer = answers.get(i).join();
      if (i == 13) {
        assertThat(answer).isEqualTo(new Answer.Unavailable(Reason.ERROR));
      } else {
        assertThat(answer).isInstanceOf(Answer.Hit.class);
      }
    }
  }

  @Test
  void read_failures_areLoggedOnceAndWithoutValues() {
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    ((Logger) LoggerFactory.getLogger(Failures.class)).addAppender(logged);
    Namespace bad =
        namespace("x:{id}", "SELECT id::int, id FROM unnest(:id) id WHERE id::int > 0", "id");
    Namespace broken = namespace("y:{id}", "SELECT id FROM item WHERE id = ANY(:id)", "id");
    DatabaseTier tier = tier(2, PATIENT, bad, broken);
    tier.awaitCheck();
    server.execute("DROP TABLE item");
    for (int i = 0; i < 5; i++) {
      for (Namespace namespace : List.of(bad, broken)) {
        String name = namespace == bad ? "x:" : "y:";
        assertThat(tier.read(namespace, key(name + "secret" + i)).join())
            .isEqualTo(new Answer.Unavailable(Reason.ERROR));
      }
    }
    List<String> lines = logged.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    assertThat(lines).hasSize(2).noneMatch(line -> line.contains("secret"));
    assertThat(lines.get(1)).contains("42P01", "\"item\" does not exist");
  }

  @Test
  void read_aQueryThatWrites_isRefused() {
    Namespace writing =
        namespace(
            "p:{id:bigint}",
            "WITH gone AS (DELETE FROM prompt WHERE id = ANY(:id) RETURNING id, body)"
                + " SELECT * FROM gone",
            "body");
    DatabaseTier tier = tier(1, PATIENT, writing);
    assertThat(tier.read(writing, key("p:1")).join())
        .isEqualTo(new Answer.Unavailable(Reason.ERROR));
    assertThat(server.count("SELECT count(*) FROM prompt")).isEqualTo(500);
  }

  @Test
  void read_hangingTable_timesOutWhileOtherNamespacesGoOn() {
    Namespace prompt = prompts();
    Namespace item = namespace("item:{id}", "SELECT * FROM item WHERE id = ANY(:id)", "body");
    DatabaseTier tier = tier(2, Duration.ofMillis(800), prompt, item);
    assertThat(text(tier.read(item, key("item:a")))).isEqualTo("A");
    try (Blocked blocked = new Blocked("prompt")) {
      List<CompletableFuture<Answer>> stuck = new ArrayList<>();
      for (int i = 1; i <= 300; i++) {
        stuck.add(tier.read(prompt, key("prompt:" + i)));
      }
      awaitTrue(() -> blocked.waiters() > 0);
      assertThat(text(tier.read(item, key("item:näher")))).isEqualTo("ü");
      assertThat(stuck).noneMatch(CompletableFuture::isDone);
      for (CompletableFuture<Answer> answer : stuck) {
        assertThat(answer.orTimeout(10, TimeUnit.SECONDS).join())
            .isEqualTo(new Answer.Unavailable(Reason.TIMEOUT));
      }
    }
    awaitTrue(() -> tier.read(prompt, key("prompt:7")).join() instanceof Answer.Hit);
  }

  @Test
  void read_frozenServer_timesOutAndRecovers() {
    Namespace prompt = prompts();
    DatabaseTier tier = tier(2, Duration.ofMillis(500), prompt);
    assertThat(text(tier.read(prompt, key("prompt:7")))).isEqualTo("body 7");
    server.pause();
    try {
      List<CompletableFuture<Answer>> answers =
          IntStream.range(1, 50).mapToObj(i -> tier.read(prompt, key("prompt:" + i))).toList();
      for (CompletableFuture<Answer> answer : answers) {
        assertThat(answer.orTimeout(10, TimeUnit.SECONDS).join())
            .isInstanceOf(Answer.Unavailable.class);
      }
      assertThat(answers.getFirst().join()).isEqualTo(new Answer.Unavailable(Reason.TIMEOUT));
      awaitTrue(() -> tier.running() == 0); // what hangs in a statement is cut off
    } finally {
      server.resume();
    }
    awaitTrue(() -> tier.read(prompt, key("prompt:7")).join() instanceof Answer.Hit);
  }

  @Test
  void read_databaseDownAndBack() {
    Namespace prompt = prompts();
    DatabaseTier tier = tier(2, Duration.ofMillis(800), prompt);
    assertThat(text(tier.read(prompt, key("prompt:7")))).isEqualTo("body 7");
    server.kill();
    try {
      assertThat(tier.read(prompt, key("prompt:7")).join())
          .isEqualTo(new Answer.Unavailable(Reason.DISCONNECTED));
      DatabaseTier late = tier(1, Duration.ofMillis(800), prompt); // starts although it is down
      assertThat(late.read(prompt, key("prompt:7")).join())
          .isEqualTo(new Answer.Unavailable(Reason.DISCONNECTED));
    } finally {
      server.restart();
    }
    for (DatabaseTier each : tiers) {
      awaitTrue(() -> each.read(prompt, key("prompt:7")).join() instanceof Answer.Hit);
    }
  }

  @Test
  void read_queueFull_isSaturatedAtOnce() {
    Namespace prompt = prompts();
    DatabaseTier tier = tier(1, Duration.ofSeconds(3), prompt);
    try (Blocked blocked = new Blocked("prompt")) {
      CompletableFuture<Answer> first = tier.read(prompt, key("prompt:1"));
      awaitTrue(() -> blocked.waiters() == 1);
      List<CompletableFuture<Answer>> waiting =
          IntStream.range(0, 1000).mapToObj(i -> tier.read(prompt, key("prompt:2"))).toList();
      assertThat(waiting).noneMatch(CompletableFuture::isDone);
      assertThat(tier.read(prompt, key("prompt:3")))
          .isCompletedWithValue(new Answer.Unavailable(Reason.SATURATED));
      blocked.release();
      assertThat(text(first)).isEqualTo("body 1");
      assertThat(text(waiting.get(999))).isEqualTo("body 2");
    }
  }

  @Test
  void close_answersWaitingAndLetsRunningFinish() {
    Namespace prompt = prompts();
    DatabaseTier tier = tier(1, PATIENT, prompt);
    Thread closer = Thread.ofPlatform().unstarted(tier::close);
    try (Blocked blocked = new Blocked("prompt")) {
      CompletableFuture<Answer> running = tier.read(prompt, key("prompt:1"));
      awaitTrue(() -> blocked.waiters() == 1);
      CompletableFuture<Answer> waiting = tier.read(prompt, key("prompt:2"));
      closer.start();
      assertThat(waiting.join()).isEqualTo(new Answer.Unavailable(Reason.STOPPING));
      assertThat(tier.read(prompt, key("prompt:3")))
          .isCompletedWithValue(new Answer.Unavailable(Reason.STOPPING));
      assertThat(running).isNotDone();
      blocked.release();
      assertThat(text(running)).isEqualTo("body 1");
    }
    assertThat(join(closer)).isTrue();
  }

  @Test
  void read_ofAnotherNamespace_isAMistake() {
    Namespace prompt = prompts();
    DatabaseTier tier = tier(1, PATIENT, prompt);
    assertThatThrownBy(() -> tier.read(prompt, key("prompt:abc")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tier.read(prompts(), key("prompt:1")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private DatabaseTier tier(int poolSize, Duration timeout, Namespace... namespaces) {
    DatabaseTier.Settings settings =
        new DatabaseTier.Settings(
            server.jdbcUrl(), PostgresServer.USER, null, poolSize, timeout, 100, 1000);
    DatabaseTier tier =
        new DatabaseTier(
            settings, List.of(namespaces), new Metrics(new CollectorRegistry(), List.of()));
    tiers.add(tier);
    return tier;
  }

  private static Namespace prompts() {
    return namespace(
        "prompt:{id:bigint}", "SELECT id, body FROM prompt WHERE id = ANY(:id)", "body");
  }

  private static Namespace namespace(String keys, String query, String value) {
    Duration ttl = Duration.ofMinutes(1);
    NearsideConfig.DatabaseRead read =
        new NearsideConfig.DatabaseRead(query, value, NearsideConfig.WhenUnavailable.ERROR);
    String name = keys.substring(0, keys.indexOf(':'));
    return Namespace.of(
        new NearsideConfig.Namespace(name, keys, ttl, ttl, ttl, false, ttl, List.of(), read));
  }

  private static byte[] key(String text) {
    return text.getBytes(UTF_8);
  }

  private static String text(CompletableFuture<Answer> answer) {
    Answer arrived = answer.orTimeout(30, TimeUnit.SECONDS).join();
    assertThat(arrived).isInstanceOf(Answer.Hit.class);
    return new String(((Answer.Hit) arrived).value(), UTF_8);
  }

  private static void awaitTrue(BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waited too long").isNegative();
      Thread.onSpinWait();
    }
  }

  private static boolean join(Thread thread) {
    try {
      return thread.join(PATIENT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** A table that nobody else can read until this is closed. */
  private static final class Blocked implements AutoCloseable {
    private final Connection connection;

    Blocked(String table) {
      try {
        connection = server.connect();
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
          statement.execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    long waiters() {
      return server.count("SELECT count(*) FROM pg_locks WHERE NOT granted");
    }

    void release() {
      try {
        if (!connection.isClosed()) {
          connection.rollback();
          connection.close();
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      release();
    }
  }
}

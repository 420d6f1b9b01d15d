package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.tier.database.MisfitException;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A database that is not fit for change capture stops the start, and says what is to be run. */
final class CaptureRefusalIT {
  private static PostgresServer database;
  private static RedisServer redis;

  @BeforeAll
  static void startServers() {
    database = PostgresServer.start("wal_level=logical");
    redis = RedisServer.start();
    database.execute("CREATE ROLE app LOGIN");
  }

  @AfterAll
  static void stopServers() {
    redis.close();
    database.close();
  }

  @BeforeEach
  void createTable() {
    database.execute(
        "DROP PUBLICATION IF EXISTS nearside",
        "DROP TABLE IF EXISTS prompt",
        "ALTER ROLE app NOREPLICATION",
        "CREATE TABLE prompt (id bigint PRIMARY KEY, body text)",
        "GRANT SELECT ON prompt TO app");
  }

  private static String yaml(PostgresServer server, String user) {
    return """
    database:
      url: %s
      user: %s
      capture: [public.prompt]
    namespaces:
      prompt:
        keys: prompt:{id:bigint}
        l2-ttl: 1h
        database:
          table: prompt
          value: body
    """
        .formatted(server.jdbcUrl(), user);
  }

  private static String refusal(PostgresServer server, String user) {
    MisfitException refused =
        catchThrowableOfType(
            MisfitException.class, () -> Sidecar.configured(yaml(server, user), redis.port()));
    assertThat(refused.problems()).hasSize(1);
    String problem = refused.problems().getFirst();
    assertThat(problem).contains(".yaml:4: database.capture: ");
    return problem.substring(problem.indexOf("database.capture: ") + "database.capture: ".length());
  }

  private static String refusal() {
    return refusal(database, PostgresServer.USER);
  }

  @Test
  void start_ofWhatFits_makesThePublication() throws IOException {
    Sidecar.configured(yaml(database, PostgresServer.USER), redis.port()).close();
    assertThat(
            database.count(
                "SELECT count(*) FROM pg_publication_tables WHERE pubname = 'nearside' AND"
                    + " tablename = 'prompt'"))
        .isEqualTo(1);
    Sidecar.configured(yaml(database, PostgresServer.USER), redis.port()).close();
  }

  @Test
  void start_withoutALogicalLog_namesTheSetting() {
    try (PostgresServer plain = PostgresServer.start()) {
      plain.execute("CREATE TABLE prompt (id bigint PRIMARY KEY, body text)");
      assertThat(refusal(plain, PostgresServer.USER))
          .isEqualTo(
              "the database runs with wal_level = replica; expected wal_level = logical, which"
                  + " takes a restart");
    }
  }

  @Test
  void start_withoutTheRight_namesTheAlterRole() throws IOException {
    database.execute("CREATE PUBLICATION nearside FOR TABLE prompt");
    assertThat(refusal(database, "app"))
        .isEqualTo(
            "user app may not read the log of changes; expected ALTER ROLE app REPLICATION, by a"
                + " superuser");
    database.execute("ALTER ROLE app REPLICATION");
    Sidecar.configured(yaml(database, "app"), redis.port()).close();
  }

  @Test
  void start_ofWhoMayNotMakeThePublication_namesTheSql() {
    assertThat(refusal(database, "app"))
        .isEqualTo(
            "there is no publication nearside, and the database says: permission denied for"
                + " database postgres; expected CREATE PUBLICATION \"nearside\" FOR TABLE"
                + " public.prompt, by a user who may");
  }

  @Test
  void start_withAPublicationOfOtherTables_namesTheAlter() {
    database.execute("CREATE PUBLICATION nearside");
    assertThat(refusal())
        .isEqualTo(
            "publication nearside lacks public.prompt; expected ALTER PUBLICATION \"nearside\" ADD"
                + " TABLE public.prompt");
    database.execute("DROP PUBLICATION nearside");
    database.execute("CREATE PUBLICATION nearside FOR TABLE prompt WHERE (id > 3)");
    assertThat(refusal())
        .isEqualTo(
            "publication nearside tells only a part of public.prompt; expected all rows, and the"
                + " columns of its keys");
    database.execute("DROP PUBLICATION nearside");
    database.execute("CREATE PUBLICATION nearside FOR TABLE prompt WITH (publish = 'insert')");
    assertThat(refusal())
        .isEqualTo(
            "publication nearside does not publish every change; expected ALTER PUBLICATION"
                + " nearside SET (publish = 'insert, update, delete, truncate')");
  }

  @Test
  void start_ofATableWhoseDeletesTellNoKey_namesTheAlter() {
    database.execute("ALTER TABLE prompt REPLICA IDENTITY NOTHING");
    assertThat(refusal())
        .isEqualTo(
            "a DELETE in public.prompt would not tell id, which keys are made of; expected ALTER"
                + " TABLE public.prompt REPLICA IDENTITY USING INDEX prompt_pkey");
    database.execute("DROP TABLE prompt", "CREATE TABLE prompt (id bigint, body text PRIMARY KEY)");
    assertThat(refusal())
        .isEqualTo(
            "a DELETE in public.prompt would not tell id, which keys are made of; expected ALTER"
                + " TABLE public.prompt REPLICA IDENTITY FULL");
  }

  @Test
  void start_ofWhatIsNoPlainTable_isRefused() {
    database.execute(
        "DROP TABLE prompt", "CREATE UNLOGGED TABLE prompt (id bigint PRIMARY KEY, body text)");
    assertThat(refusal())
        .isEqualTo(
            "public.prompt is unlogged or temporary, so that the log does not tell its changes;"
                + " expected ALTER TABLE public.prompt SET LOGGED");
    database.execute(
        "DROP TABLE prompt",
        "CREATE TABLE prompt (id bigint PRIMARY KEY, body text) PARTITION BY RANGE (id)");
    assertThat(refusal())
        .isEqualTo(
            "public.prompt is not a plain table, or others inherit from it; expected one whose rows"
                + " are its own");
  }

  /** What no longer fits while it runs shuts the gate, empties the prefix, and is said. */
  @Test
  void table_thatFitsNoLonger_isReadThrough_untilItDoes() throws Exception {
    database.execute("INSERT INTO prompt VALUES (1, 'one')");
    try (Sidecar sidecar =
            Sidecar.configured(
                    yaml(database, PostgresServer.USER), redis.port(), "l1.admission-window=0s")
                .awaitReady();
        var client = sidecar.connect();
        var direct = RespClient.connect(redis.port())) {
      Waiting.until("it reads", () -> CaptureScene.isReading(sidecar));
      Waiting.until(
          "it is in Redis",
          () ->
              client.call("GET", "prompt:1").equals(CaptureScene.bulk("one"))
                  && direct.call("EXISTS", "prompt:1").equals(":1\r\n"));
      database.execute(
          "ALTER TABLE prompt DROP CONSTRAINT prompt_pkey",
          "ALTER TABLE prompt REPLICA IDENTITY FULL",
          "ALTER TABLE prompt REPLICA IDENTITY NOTHING",
          "INSERT INTO prompt VALUES (2, 'two')");
      Waiting.until(
          "it is refused", () -> sidecar.metric("nearside_capture_state{state=\"refused\"}") == 1);
      assertThat(direct.call("EXISTS", "prompt:1")).isEqualTo(":0\r\n");
      assertThat(client.call("GET", "prompt:1")).isEqualTo(CaptureScene.bulk("one"));
      assertThat(direct.call("EXISTS", "prompt:1")).isEqualTo(":0\r\n");
      database.execute("ALTER TABLE prompt REPLICA IDENTITY FULL");
      Waiting.until("it reads again", () -> CaptureScene.isReading(sidecar));
    }
  }
}

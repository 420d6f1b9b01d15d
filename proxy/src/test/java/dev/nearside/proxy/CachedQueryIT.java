package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.ThreeTiers.Gate;
import dev.nearside.proxy.scene.Waiting;
import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code NEARSIDE.QUERY} through two sidecars, one Redis and one PostgreSQL. */
class CachedQueryIT {
  private static final String QUERY = "NEARSIDE.QUERY";
  private static final String DE_KEY = "nearside:query:orders:DE:2026-01-01";
  private static final String DE = "[{\"id\":1,\"total\":12.50},{\"id\":2,\"total\":7}]";
  private static final String FR = "[{\"id\":3,\"total\":null}]";
  private static final String STATEMENTS = "nearside_database_batch_keys_sum";
  private static final String HITS = "nearside_hits_total{tier=\"l1\",namespace=\"query:orders\"}";

  private static final String[] QUERIES = {
    "queries.orders.sql=SELECT id, total FROM orders WHERE country = :country AND placed >= :since"
        + " ORDER BY id; -- a comment",
    "queries.orders.arguments=country, since",
    "queries.orders.l2-ttl=15m",
    "queries.orders.tags=country:{country}, orders",
    "queries.prompt.sql=SELECT body FROM prompt WHERE id = :id AND pass_gate()",
    "queries.prompt.arguments=id",
    "queries.prompt.l2-ttl=15m",
    "queries.count.sql=SELECT count(*) AS n FROM orders",
    "queries.count.l2-ttl=1s",
    "queries.series.sql=SELECT n FROM generate_series(1, :n::int) AS n",
    "queries.series.arguments=n",
    "queries.series.l2-ttl=15m",
    "queries.series.max-rows=20",
    "queries.series.max-bytes=100B",
    "queries.writer.sql=SELECT write_one() AS written",
    "queries.writer.l2-ttl=15m",
    "queries.types.sql=SELECT * FROM kinds",
    "queries.types.l2-ttl=15m",
  };

  private static ThreeTiers tiers;

  private final List<AutoCloseable> open = new ArrayList<>();
  private Sidecar here;
  private Sidecar there;
  private RespClient client;
  private RespClient other;

  @BeforeAll
  static void startServers() {
    tiers = new ThreeTiers();
  }

  @AfterAll
  static void stopServers() {
    tiers.close();
  }

  @BeforeEach
  void start() throws IOException {
    try (RespClient direct = tiers.direct()) {
      direct.call("FLUSHALL");
    }
    tiers
        .database()
        .execute(
            "DROP TABLE IF EXISTS orders, kinds CASCADE",
            "DROP FUNCTION IF EXISTS write_one",
            "UPDATE prompt SET body = 'body ' || id WHERE id = 8",
            "CREATE TABLE orders (id int, country text, total numeric, placed date)",
            "INSERT INTO orders VALUES (1, 'DE', 12.50, '2026-02-01'), (2, 'DE', 7, '2026-03-01'),"
                + " (3, 'FR', NULL, '2026-01-01'), (4, 'DE', 1, '2025-12-31')",
            "CREATE TABLE kinds (i bigint, f float8, b boolean, t timestamptz, j jsonb, a int[],"
                + " s text, n text)",
            "INSERT INTO kinds VALUES (9007199254740993, 0.1, true, '2026-01-02 03:04:05+00',"
                + " '{\"k\": [1, null]}', '{1,2}', E'a\"b\\\\\\n\\u00e9', NULL)",
            "CREATE FUNCTION write_one() RETURNS int LANGUAGE sql AS"
                + " $$ INSERT INTO orders VALUES (9, 'XX', 1, now()) RETURNING id $$");
    here = keep(tiers.sidecar("5s", QUERIES));
    there = keep(tiers.sidecar("5s", QUERIES));
    client = keep(here.connect());
    other = keep(there.connect());
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  private <T extends AutoCloseable> T keep(T made) {
    open.add(made);
    return made;
  }

  private double statements() throws IOException {
    return here.metric(STATEMENTS) + there.metric(STATEMENTS);
  }

  private static String orders(RespClient asked, String country) throws IOException {
    return asked.call(QUERY, "orders", country, "2026-01-01");
  }

  private static void hold(RespClient asked, Sidecar sidecar) throws IOException {
    Waiting.until(
        "memory answers",
        () -> {
          double before = sidecar.metric(HITS);
          orders(asked, "DE");
          return sidecar.metric(HITS) > before;
        });
  }

  @Test
  void query_isRunOnceForTheFleet_thenAnsweredByRedisAndByMemory() throws IOException {
    assertThat(orders(client, "DE")).isEqualTo(bulk(DE));
    assertThat(orders(other, "DE")).isEqualTo(bulk(DE));
    assertThat(orders(client, "FR")).isEqualTo(bulk(FR));
    assertThat(statements()).isEqualTo(2);
    tiers.database().stop();
    try (RespClient direct = tiers.direct()) {
      hold(client, here);
      hold(other, there);
      assertThat(client.call("GET", DE_KEY)).isEqualTo(bulk(DE));
      assertThat(direct.call("GET", DE_KEY)).isEqualTo(bulk(DE));
      assertThat(Integer.parseInt(direct.call("TTL", DE_KEY).substring(1).strip()))
          .isBetween(800, 900);
    } finally {
      tiers.database().restart();
    }
    assertThat(statements()).isEqualTo(2);
    assertThat(here.metric("nearside_hits_total{tier=\"database\",namespace=\"query:orders\"}"))
        .isEqualTo(2);
  }

  @Test
  void result_isTheJsonOfPostgres_inBothProtocols() throws IOException {
    String json =
        "[{\"i\":9007199254740993,\"f\":0.1,\"b\":true,\"t\":\"2026-01-02T03:04:05+00:00\","
            + "\"j\":{\"k\": [1, null]},\"a\":[1,2],\"s\":\"a\\\"b\\\\\\né\",\"n\":null}]";
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    String reply = bulk(new String(bytes, StandardCharsets.ISO_8859_1));
    assertThat(client.call(QUERY, "types")).isEqualTo(reply);
    client.call("HELLO", "3");
    assertThat(client.call(QUERY, "types")).isEqualTo(reply);
    assertThat(client.call("nearside.query", "types")).isEqualTo(reply);
  }

  @Test
  void emptyResult_isAValue() throws IOException {
    assertThat(orders(client, "XX")).isEqualTo(bulk("[]"));
    assertThat(orders(other, "XX")).isEqualTo(bulk("[]"));
    assertThat(orders(client, "")).isEqualTo(bulk("[]"));
    assertThat(statements()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'; DROP TABLE orders; --",
        "' OR '1'='1",
        "DE'",
        "$1",
        ":since",
        "DE:2026-01-01",
        "\\'; DELETE FROM orders; --"
      })
  void argument_isAParameter_andNeverText(String argument) throws IOException {
    assertThat(orders(client, argument)).isEqualTo(bulk("[]"));
    tiers
        .database()
        .execute("INSERT INTO orders VALUES (5, '" + argument.replace("'", "''") + "', 3, now())");
    assertThat(client.call(QUERY, "orders", argument, "2000-01-01"))
        .isEqualTo(bulk("[{\"id\":5,\"total\":3}]"));
    assertThat(tiers.database().count("SELECT count(*) FROM orders")).isEqualTo(5);
  }

  @Test
  void stampede_throughTwoSidecars_isOneStatement() throws Exception {
    List<RespClient> crowd = new ArrayList<>();
    try (Gate gate = tiers.closeGate()) {
      for (int i = 0; i < 60; i++) {
        RespClient one = keep((i % 2 == 0 ? here : there).connect());
        crowd.add(one.send(QUERY, "prompt", "7"));
      }
      gate.awaitWaiting(1);
      Waiting.until(
          "the other sidecar waits",
          () -> here.metric("nearside_lease_waiters") + there.metric("nearside_lease_waiters") > 0);
    }
    for (RespClient one : crowd) {
      assertThat(one.reply()).isEqualTo(bulk("[{\"body\":\"body 7\"}]"));
    }
    assertThat(statements()).isEqualTo(1);
  }

  @Test
  void result_expires_andIsRefreshedEarly() throws IOException {
    assertThat(client.call(QUERY, "count")).isEqualTo(bulk("[{\"n\":4}]"));
    tiers.database().execute("DELETE FROM orders WHERE id = 4");
    Waiting.until("it has expired", () -> other.call(QUERY, "count").equals(bulk("[{\"n\":3}]")));
    Waiting.until(
        "it is read again before it expires",
        () -> {
          for (int i = 0; i < 200; i++) {
            assertThat(client.call(QUERY, "count")).isEqualTo(bulk("[{\"n\":3}]"));
          }
          return here.metric("nearside_refreshes_total{result=\"from-database\"}") >= 2;
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"country:DE", "orders", "query:orders"})
  void invalidateOfATag_forgetsResultsInRedisAndInEverySidecar(String tag) throws IOException {
    orders(client, "DE");
    orders(client, "FR");
    hold(client, here);
    hold(other, there);
    tiers.database().execute("DELETE FROM orders WHERE country <> 'FR'");
    assertThat(client.call("NEARSIDE.INVALIDATE", "LOCAL", "TAG", tag)).startsWith(":");
    assertThat(orders(client, "DE")).isEqualTo(bulk(DE)); // LOCAL leaves Redis as it is
    assertThat(client.call("NEARSIDE.INVALIDATE", "FLEET", "TAG", tag)).startsWith(":");
    assertThat(orders(client, "DE")).isEqualTo(bulk("[]"));
    Waiting.until("the other sidecar knows", () -> orders(other, "DE").equals(bulk("[]")));
    double before = statements();
    assertThat(orders(client, "FR")).isEqualTo(bulk(FR));
    assertThat(statements() - before).isEqualTo(tag.equals("country:DE") ? 0 : 1);
    try (RespClient direct = tiers.direct()) {
      assertThat(direct.call("TTL", "nearside:results:" + tag)).doesNotContain("-");
    }
  }

  @Test
  void invalidateOfATag_whileItsStatementRuns_isSeenByWhoeverComesAfterIt() throws Exception {
    RespClient first = keep(here.connect());
    RespClient asker = keep(here.connect());
    try (Gate gate = tiers.closeGate()) {
      first.send(QUERY, "prompt", "8");
      gate.awaitWaiting(1);
      tiers.database().execute("UPDATE prompt SET body = 'new' WHERE id = 8");
      assertThat(asker.call("NEARSIDE.INVALIDATE", "FLEET", "TAG", "query:prompt")).startsWith(":");
      client.send(QUERY, "prompt", "8");
      gate.awaitWaiting(2);
    }
    assertThat(first.reply()).isEqualTo(bulk("[{\"body\":\"body 8\"}]")); // asked before
    assertThat(client.reply()).isEqualTo(bulk("[{\"body\":\"new\"}]"));
    assertThat(other.call(QUERY, "prompt", "8")).isEqualTo(bulk("[{\"body\":\"new\"}]"));
  }

  @Test
  void manyResultsOfATag_areAllForgotten() throws IOException {
    for (int day = 0; day < 600; day++) {
      client.send(QUERY, "orders", "DE", java.time.LocalDate.ofEpochDay(day).toString());
    }
    for (int day = 0; day < 600; day++) {
      assertThat(client.reply()).startsWith("$");
    }
    client.call("NEARSIDE.INVALIDATE", "FLEET", "TAG", "country:DE");
    try (RespClient direct = tiers.direct()) {
      assertThat(direct.call("KEYS", "nearside:query:*")).isEqualTo("*0\r\n");
      assertThat(direct.call("ZCARD", "nearside:results:country:DE")).isEqualTo(":0\r\n");
    }
  }

  @Test
  void deletedKey_isAskedAgain() throws IOException {
    orders(client, "DE");
    tiers.database().execute("DELETE FROM orders");
    assertThat(other.call("DEL", DE_KEY)).isEqualTo(":1\r\n");
    assertThat(orders(other, "DE")).isEqualTo(bulk("[]"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                          | ERR NEARSIDE.QUERY takes the name of a query",
        "nothing                     | ERR there is no query 'nothing' in the sidecar's configuration",
        "count 1                     | ERR query count takes 0 argument(s); 1 given",
        "orders DE                   | ERR query orders takes 2 argument(s): country, since; 1 given",
        "orders DE soon              | ERR query orders: the database says: invalid input syntax for"
            + " type date: \"soon\" (argument since)",
        "prompt 1e99                 | ERR query prompt: the database says: invalid input syntax for"
            + " type bigint: \"1e99\" (argument id)",
        "series 21                   | ERR query series: the result has more than 20 rows, which is"
            + " max-rows",
        "series 20                   | ERR query series: the result has 172 bytes; max-bytes is 100",
        "writer                      | ERR query writer: the database says: cannot execute INSERT in"
            + " a read-only transaction"
      })
  void mistake_isAnErrorThatSaysWhich(String asked, String error) throws IOException {
    String[] args = (QUERY + " " + asked.strip()).strip().split(" ");
    for (int i = 0; i < 15; i++) { // more than open a breaker
      assertThat(client.call(args)).isEqualTo("-" + error + "\r\n");
    }
    assertThat(orders(client, "DE")).isEqualTo(bulk(DE));
    assertThat(tiers.database().count("SELECT count(*) FROM orders")).isEqualTo(4);
  }

  @Test
  void argument_thatIsNoTextOrTooLong_isRefused() throws IOException {
    assertThat(orders(client, "a\0b"))
        .isEqualTo("-ERR query orders: argument country is not UTF-8 without NUL\r\n");
    assertThat(orders(client, "x".repeat(2_000)))
        .isEqualTo(
            "-ERR query orders: its arguments make a key of 2033 bytes; expected at most 1024\r\n");
    assertThat(orders(client, "x".repeat(900))).isEqualTo(bulk("[]"));
  }

  @Test
  void databaseAway_isAnErrorThatNamesTheQuery_andResultsInRedisGoOn() throws IOException {
    orders(client, "DE");
    tiers.database().stop();
    try {
      assertThat(orders(client, "FR")).startsWith("-TRYAGAIN query orders: database unavailable: ");
      assertThat(orders(other, "DE")).isEqualTo(bulk(DE));
    } finally {
      tiers.database().restart();
    }
    Waiting.until("it is back", () -> orders(client, "FR").equals(bulk(FR)));
  }

  @Test
  void redisAway_isAnsweredByTheDatabase() throws IOException {
    tiers.redis().kill();
    try {
      assertThat(orders(client, "DE")).isEqualTo(bulk(DE));
    } finally {
      tiers.restartRedis();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MULTI               | is not allowed in a transaction",
        "WATCH k             | is not allowed behind WATCH",
        "SUBSCRIBE c         | is not allowed on a connection that has subscribed",
        "CLIENT TRACKING ON  | is not allowed behind CLIENT TRACKING or CLIENT NO-TOUCH",
        "SELECT 1            | is answered in database 0 only"
      })
  void connection_whoseReadsGoToRedisAlone_isRefused(String before, String why) throws IOException {
    if (before.startsWith("CLIENT")) {
      client.call("HELLO", "3");
    }
    client.send(before.strip().split(" +"));
    client.send(QUERY, "count");
    assertThat(client.reply()).doesNotStartWith("-");
    assertThat(client.reply()).isEqualTo("-ERR NEARSIDE.QUERY " + why + "\r\n");
  }

  @Test
  void otherUser_isRefused() throws IOException {
    try (RespClient direct = tiers.direct()) {
      direct.call("ACL", "SETUSER", "bob", "on", ">pw", "allkeys", "allchannels", "+@all");
    }
    assertThat(client.call("AUTH", "bob", "pw")).isEqualTo("+OK\r\n");
    assertThat(client.call(QUERY, "count"))
        .isEqualTo("-NOPERM only the user of the sidecar itself may use NEARSIDE.QUERY\r\n");
  }

  @Test
  void ownUser_whoMayNotReadTheKey_isRefusedByRedis() throws IOException {
    orders(client, "DE");
    hold(client, here);
    try (RespClient direct = tiers.direct()) {
      direct.call("ACL", "SETUSER", "default", "resetkeys", "~nearside:lease:*", "~other:*");
      Waiting.until("memory knows", () -> orders(client, "DE").startsWith("-NOPERM"));
      assertThat(orders(client, "FR")).startsWith("-NOPERM");
      direct.call("ACL", "SETUSER", "default", "allkeys");
    }
    Waiting.until("it may again", () -> orders(client, "FR").equals(bulk(FR)));
  }

  /** Who could not be told of an invalidation may not be kept. */
  @Test
  void result_whoseTagsRedisRefuses_isAnsweredAndNotKept() throws IOException {
    try (RespClient direct = tiers.direct()) {
      direct.call("SET", "nearside:results:orders", "no sorted set");
      assertThat(orders(client, "DE")).isEqualTo(bulk(DE));
      assertThat(direct.call("EXISTS", DE_KEY)).isEqualTo(":0\r\n");
      assertThat(client.call("NEARSIDE.INVALIDATE", "FLEET", "TAG", "orders"))
          .startsWith("-TRYAGAIN results of cached queries stay in Redis: ");
      direct.call("DEL", "nearside:results:orders");
      assertThat(orders(client, "DE")).isEqualTo(bulk(DE));
      assertThat(direct.call("EXISTS", DE_KEY)).isEqualTo(":1\r\n");
    }
  }

  @Test
  void pipeline_isAnsweredInOrder_alsoByAPinnedClient() throws IOException {
    for (int round = 0; round < 3; round++) {
      client.send("SET", "k", "v").send(QUERY, "orders", "DE", "2026-01-01").send("GET", "k");
      client.send(QUERY, "orders", "FR", "2026-01-01").send(QUERY, "none").send("PING");
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      assertThat(client.reply()).isEqualTo(bulk(DE));
      assertThat(client.reply()).isEqualTo(bulk("v"));
      assertThat(client.reply()).isEqualTo(bulk(FR));
      assertThat(client.reply()).startsWith("-ERR there is no query");
      assertThat(client.reply()).isEqualTo("+PONG\r\n");
      client.call("CLIENT", "ID"); // pins
      client.call("DEL", DE_KEY);
    }
    assertThat(statements()).isEqualTo(4);
  }

  @Test
  void lettuce_sendsItAsACommandOfItsOwn() {
    RedisClient redis = RedisClient.create("redis://127.0.0.1:" + here.port());
    try (var connection = redis.connect()) {
      ProtocolKeyword command = () -> QUERY.getBytes(StandardCharsets.US_ASCII);
      CommandArgs<String, String> args =
          new CommandArgs<>(StringCodec.UTF8).add("orders").add("DE").add("2026-01-01");
      assertThat(connection.sync().dispatch(command, new ValueOutput<>(StringCodec.UTF8), args))
          .isEqualTo(DE);
    } finally {
      redis.shutdown();
    }
  }

  @Test
  void explain_ofAQuery_isThatOfItsKey() throws IOException {
    orders(client, "DE");
    hold(client, here);
    assertThat(client.call("NEARSIDE.EXPLAIN", "QUERY", "orders", "DE", "2026-01-01"))
        .contains("local")
        .contains("query:orders")
        .contains("country:DE");
    assertThat(client.call("NEARSIDE.EXPLAIN", "QUERY", "orders", "DE"))
        .startsWith("-ERR query orders takes 2");
    assertThat(client.call("NEARSIDE.EXPLAIN", "QUERY")).contains("not-held");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT x FROM orders           | the database says: column \"x\" does not exist",
        "SELECT id FROM orders WHERE :a IS NULL | the database says: could not determine data type of"
            + " parameter $1; expected a cast there, as in :name::text",
        "SELECT id, id FROM orders WHERE country = :a | its result has two columns named id; expected"
            + " each once",
        "DELETE FROM orders WHERE country = :a | it selects nothing; expected a SELECT",
        "DELETE FROM orders WHERE country = :a RETURNING id | the database says: syntax error at or near"
            + " \"FROM\""
      })
  void start_withAQueryThatDoesNotFit_isRefusedWithItsPlace(String sql, String misfit) {
    String setting = "queries.bad.sql=" + sql.strip();
    String[] settings =
        Stream.concat(
                Stream.of("queries.bad.l2-ttl=1m", setting),
                sql.contains(":a") ? Stream.of("queries.bad.arguments=a") : Stream.of())
            .toArray(String[]::new);
    assertThatThrownBy(() -> tiers.sidecar("5s", settings))
        .hasMessageContaining("--set " + setting + ": queries.bad.sql: " + misfit);
  }
}

package dev.nearside.proxy.tier.database;

import static dev.nearside.proxy.tier.database.DatabaseScene.namespace;
import static dev.nearside.proxy.tier.database.DatabaseScene.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.nearside.proxy.config.DatabaseRows.Query;
import dev.nearside.proxy.config.DatabaseRows.Table;
import dev.nearside.proxy.namespace.Namespace;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** Namespaces are compared with the database before any of their reads is answered from it. */
final class DatabaseFitIT {
  private static DatabaseScene database;

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeAll
  static void startServer() {
    database = new DatabaseScene();
    database
        .server()
        .execute(
            "CREATE DOMAIN prompt_id AS bigint",
            "CREATE TABLE prompt (id prompt_id PRIMARY KEY, body text, created date, code char(3))",
            "INSERT INTO prompt VALUES (1, 'one', '2026-01-01', 'abc')",
            "CREATE TABLE loose (id int, day text, body text, UNIQUE (id, body))",
            "CREATE UNIQUE INDEX ON loose (day) WHERE id = 1",
            "CREATE VIEW prompts AS SELECT * FROM prompt",
            "CREATE ROLE reader LOGIN",
            "GRANT SELECT ON prompt, prompts TO reader",
            "CREATE ROLE stranger LOGIN");
  }

  @AfterAll
  static void stopServer() {
    database.close();
  }

  @BeforeEach
  void listen() {
    log.start();
    logger().addAppender(log);
  }

  @AfterEach
  void closeTiers() {
    logger().detachAppender(log);
    database.closeTiers();
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(FitGate.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a:{id:bigint} | SELECT body FROM prompt WHERE id = ANY(:id) | body | the result has no column id; expected one for each part of the key; it has body",
        "a:{id:bigint} | SELECT id FROM prompt WHERE id = ANY(:id) | body | the result has no column body; expected the one that database.value names; it has id",
        "a:{id} | SELECT id, body FROM prompt WHERE id = ANY(:id) | body | the database says: operator does not exist: prompt_id = text",
        "a:{id:uuid} | SELECT id, body FROM prompt WHERE id::text = ANY(:id::text[]) | body | column id of the result is of type int8; expected uuid, since part id of the key is uuid",
        "a:{id:bigint} | SELECT id::text, body FROM prompt WHERE id = ANY(:id) | body | column id of the result is of type text; expected smallint, integer, bigint or numeric, since part id of the key is bigint",
        "a:{id} | SELECT body::bytea AS id, body FROM prompt WHERE body = ANY(:id) | body | column id of the result is of type bytea; expected text or varchar, or a query that casts it, since part id of the key is text",
        "a:{id:bigint} | SELECT id, body FROM prompt WHERE id = :id | body | it takes :id as one int8; expected an array of them, as in = ANY(:id)",
        "a:{id:bigint} | SELECT id, body FROM prompt_typo WHERE id = ANY(:id) | body | the database says: relation \"prompt_typo\" does not exist",
        "a:{id:bigint} | SELEKT :id | * | the database says: syntax error at or near \"SELEKT\"",
        "a:{id:bigint} | UPDATE prompt SET body = 'x' WHERE id = ANY(:id) | body | it selects nothing; expected a SELECT",
        "a:{id:bigint} | SELECT body FROM prompt WHERE id = ANY(:id) | * | the result has no column id; expected one for each part of the key; it has body",
      })
  void query_thatDoesNotFit_isRefused(String keys, String sql, String value, String complaint) {
    assertThat(misfits(namespace(keys, new Query(sql), value))).containsExactly("a: " + complaint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a:{id:bigint} | prompt_typo | * | the database says: relation \"prompt_typo\" does not exist",
        "a:{id:bigint} | nowhere.prompt | * | the database says: relation \"nowhere.prompt\" does not exist",
        "a:{id:bigint} | Prompt | * | the database says: relation \"Prompt\" does not exist",
        "a:{Id:bigint} | prompt | * | table prompt has no column Id; expected one for each part of the key; it has id, body, created, code",
        "a:{id:bigint} | public.prompt | Body | table public.prompt has no column Body; expected the one that database.value names; it has id, body, created, code",
        "a:{id} | prompt | body | column id of table prompt is of type int8; expected text or varchar, or a query that casts it, since part id of the key is text",
        "a:{created} | prompt | body | column created of table prompt is of type date; expected text or varchar, or a query that casts it, since part created of the key is text",
        "a:{code} | prompt | body | column code of table prompt is of type bpchar; expected text or varchar, or a query that casts it, since part code of the key is text",
      })
  void table_thatDoesNotFit_isRefused(String keys, String table, String value, String complaint) {
    int dot = table.indexOf('.');
    Table named = new Table(dot < 0 ? null : table.substring(0, dot), table.substring(dot + 1));
    assertThat(misfits(namespace(keys, named, value))).containsExactly("a: " + complaint);
  }

  @Test
  void tables_thatMayHaveTwoRowsForAKey_areWarnedOf() {
    database
        .tier(
            namespace("fine:{id:bigint}", new Table(null, "prompt"), "body"),
            namespace("view:{id:bigint}", new Table(null, "prompts"), "body"),
            namespace("half:{id:bigint}", new Table(null, "loose"), "body"),
            namespace("part:{day}", new Table(null, "loose"), "body"),
            namespace("more:{id:bigint}:{day}:{body}", new Table(null, "loose"), "body"))
        .awaitCheck();
    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "half: no unique index of table loose is of id alone: of two rows with one key either"
                + " may answer, and each read may scan the table",
            "part: no unique index of table loose is of day alone: of two rows with one key either"
                + " may answer, and each read may scan the table");
  }

  @Test
  void user_whoMayOnlyRead_suffices() {
    Namespace own =
        namespace("q:{id:bigint}", new Query("SELECT * FROM prompt WHERE id = ANY(:id)"), "body");
    Namespace table = namespace("t:{id:bigint}", new Table(null, "prompt"), "body");
    Namespace view = namespace("v:{id:bigint}", new Table(null, "prompts"), "body");
    DatabaseTier tier = database.tier(database.settings("reader"), own, table, view);
    tier.awaitCheck();
    assertThat(read(tier, own, "q:1")).isEqualTo("one");
    assertThat(read(tier, table, "t:1")).isEqualTo("one");
    assertThat(read(tier, view, "v:1")).isEqualTo("one");
  }

  @Test
  void user_whoMayNotRead_isRefused() {
    Namespace own =
        namespace("q:{id:bigint}", new Query("SELECT * FROM prompt WHERE id = ANY(:id)"), "body");
    Namespace table = namespace("t:{id:bigint}", new Table(null, "prompt"), "body");
    DatabaseTier tier = database.tier(database.settings("stranger"), own, table);
    assertThat(catchThrowableOfType(MisfitException.class, tier::awaitCheck).problems())
        .containsExactly(
            "q: the database says: permission denied for table prompt",
            "t: the database says: permission denied for table prompt");
  }

  @Test
  void databaseThatComesLater_isAskedBeforeTheFirstRead() {
    Namespace good = namespace("good:{id:bigint}", new Table(null, "prompt"), "body");
    Namespace bad = namespace("bad:{id:bigint}", new Table(null, "prompt"), "text");
    database.server().stop();
    DatabaseTier tier;
    try {
      tier = database.tier(good, bad);
      tier.awaitCheck();
      assertThat(log.list).isEmpty();
    } finally {
      database.server().restart();
    }
    assertThat(read(tier, bad, "bad:1")).isEqualTo("misfit");
    assertThat(read(tier, bad, "bad:1")).isEqualTo("misfit");
    assertThat(read(tier, good, "good:1")).isEqualTo("one");
    assertThat(log.list)
        .filteredOn(event -> event.getLevel() == Level.ERROR)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "bad: table prompt has no column text; expected the one that database.value names; it"
                + " has id, body, created, code; reads of its keys are answered by an error");
  }

  private static List<String> misfits(Namespace namespace) {
    DatabaseTier tier = database.tier(namespace);
    return catchThrowableOfType(MisfitException.class, tier::awaitCheck).problems();
  }
}

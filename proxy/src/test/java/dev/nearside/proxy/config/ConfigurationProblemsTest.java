package dev.nearside.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a wrong configuration is told, word by word. */
class ConfigurationProblemsTest {
  private static final String UPSTREAM = "upstream: {uri: 'redis://localhost'}";
  private static final String DATABASE = "database: {url: 'jdbc:postgresql://localhost/shop'}";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "listen: 6380| listen: \"6380\" is not an address; expected host:port or unix:/path",
        "listen: localhost:70000| listen: \"localhost:70000\" is not an address; expected host:port or unix:/path",
        "listen: unix:redis.sock| listen: \"unix:redis.sock\" has no absolute path; expected host:port or unix:/path",
        "listen: | listen: nothing is not an address; expected host:port or unix:/path",
        "listen: {}| listen: a section is not an address; expected host:port or unix:/path",
        "listen: [a:1]| listen: a list is not an address; expected host:port or unix:/path",
        "http: unix:/a| http: \"unix:/a\" is a Unix socket, which is not supported here; expected host:port",
        "transport: kqueue| transport: \"kqueue\" is not a transport; expected auto, epoll, io_uring or nio",
        "event-loops: 0| event-loops: \"0\" is out of range; expected a whole number from 1 to 1024",
        "event-loops: 1.5| event-loops: \"1.5\" is not a whole number; expected a whole number from 1 to 1024",
        "event-loops: 0x10| event-loops: \"0x10\" is not a whole number; expected a whole number from 1 to 1024",
        "event-loops: 1_0| event-loops: \"1_0\" is not a whole number; expected a whole number from 1 to 1024",
        "grace-period: 10| grace-period: \"10\" has no unit; expected a number with a unit: ms, s, m or h",
        "grace-period: 10 sec| grace-period: \"10 sec\" is not a duration; expected a number with a unit: ms, s, m or h",
        "grace-period: -1s| grace-period: \"-1s\" is not a duration; expected a number with a unit: ms, s, m or h",
        "grace-period: 9000h| grace-period: \"9000h\" is too large: the most is 8760h; expected a number with a unit: ms, s, m or h",
        "l1: {max-ttl: 0s}| l1.max-ttl: \"0s\" is too small: the least is 1ms; expected a number with a unit: ms, s, m or h",
        "l1: {max-bytes: 64 MBs}| l1.max-bytes: \"64 MBs\" is not a size; expected a number with a unit: B, KiB, MiB or GiB",
        "l1: {max-bytes: 64}| l1.max-bytes: \"64\" has no unit; expected a number with a unit: B, KiB, MiB or GiB",
        "l1: {max-bytes: 999999999GiB}| l1.max-bytes: \"999999999GiB\" is too large: the most is 1048576GiB; expected a number with a unit: B, KiB, MiB or GiB",
        "l1: {max-entry: 2GiB}| l1.max-entry: \"2GiB\" is too large: the most is 1GiB; expected a number with a unit: B, KiB, MiB or GiB",
        "l1: {mode: enabled}| l1.mode: \"enabled\" is not a mode; expected on, shadow or off",
        "l1: 64MiB| l1: \"64MiB\" is not a section; expected keys below it, such as l1.mode",
        "limits: [1]| limits: a list is not a section; expected keys below it, such as limits.max-clients",
        "namespaces: [rule]| namespaces: a list is not a section; expected keys below it, such as the name of a namespace",
        "namespaces: {rule: 'rule:*'}| namespaces.rule: \"rule:*\" is not a section; expected keys below it, such as keys",
        "lissten: a:1| lissten: unknown key; the nearest known key is listen",
        "cache: {mode: on}| cache: unknown key; the nearest known key is listen",
        "max-bytes: 1MiB| max-bytes: unknown key; the nearest known key is l1.max-bytes",
        "l1: {max-byts: 1MiB}| l1.max-byts: unknown key; the nearest known key is l1.max-bytes",
        "namespace: {}| namespace: unknown key; the nearest known key is namespaces",
        "namespaces: {Rule: {}}| namespaces.Rule: \"Rule\" is not the name of a namespace; expected lower-case letters, digits and -",
        "\"l1\\nx\": 1| l1\\nx: unknown key; the nearest known key is l1",
      })
  void value_wrong_isNamedWithLineAndExpectation(String line, String problem) {
    assertThat(new ConfigurationScene(folder).yaml(UPSTREAM, "", line).problems())
        .containsExactly("nearside.yaml:3: " + problem);
  }

  @ParameterizedTest
  @CsvSource({"redis-sentinel://s1:26379#main, sentinels", "'redis-cluster://a,b', cluster"})
  void anOutboxOfWhatMayFailOver_isRefused_unlessItMayLose(String upstream, String whose)
      throws Exception {
    String uri = "upstream: {uri: '%s'}".formatted(upstream);
    String line =
        "namespaces: {a: {keys: 'a:*', l2-ttl: 1h, database: {store: true, write: behind%s}}}";
    assertThat(new ConfigurationScene(folder).yaml(uri, DATABASE, line.formatted("")).problems())
        .containsExactly(
            "nearside.yaml:3: namespaces.a.database.write: contradicts upstream.uri, whose "
                + whose
                + " may replace Redis by a replica that has less; expected"
                + " database.durability: weaker beside it");
    assertThat(
            new ConfigurationScene(folder)
                .yaml(uri, DATABASE, line.formatted(", durability: weaker"))
                .config()
                .namespaces())
        .hasSize(1);
  }

  @Test
  void keysOfAnOutbox_whereNothingIsWrittenBehind_areRefused() throws Exception {
    String line =
        "namespaces: {a: {keys: 'a:*', l2-ttl: 1h, database: {store: true, outbox-limit: 5}}}";
    assertThat(new ConfigurationScene(folder).yaml(UPSTREAM, DATABASE, line).problems())
        .containsExactly(
            "nearside.yaml:3: namespaces.a.database.outbox-limit: does nothing without"
                + " database.write: behind; expected both or neither");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "redis-sentinel://h| \"redis-sentinel://h\" does not end with # and the name that the sentinels have for it",
        "redis-cluster://h/1| \"redis-cluster://h/1\" names a database, and a cluster has only 0",
        "unix://a| \"unix://a\" has no absolute path",
        "unix:///a?timeout=1s| \"unix:///a?timeout=1s\" has parameters of which only db, the database, is known",
        "unix:///a?db=x| \"unix:///a?db=x\" is not the URI of a Redis server",
        "redis://a:1,b:1| \"redis://a:1,b:1\" names several hosts; expected one, or redis-cluster://host,host or redis-sentinel://host,host#primary",
        "redis://h/0?timeout=1s| \"redis://h/0?timeout=1s\" has parameters after the database, and none are known",
        "localhost:6379| \"localhost:6379\" is not the URI of a Redis server",
        "redis://| \"redis://\" is not the URI of a Redis server",
        "redis://h:0| \"redis://h:0\" is not the URI of a Redis server",
        "redis://h/zero| \"redis://h/zero\" is not the URI of a Redis server",
        "rediss://u:geheim@h?a=b| \"rediss://***@h?a=b\" has parameters after the database, and none are known",
        "redis://geheim@h| \"redis://***@h\" has credentials without a colon, which some clients read as a user",
        "redis://u:geh%eim@h| \"redis://***@h\" has a % that is not followed by two hexadecimal digits",
        "u:geheim@h:6379| \"***@h:6379\" is not the URI of a Redis server",
      })
  void upstream_unsupportedOrMalformed_isRefusedWithoutItsPassword(String uri, String problem) {
    assertThat(new ConfigurationScene(folder).variable("NEARSIDE_UPSTREAM_URI", uri).problems())
        .containsExactly(
            "NEARSIDE_UPSTREAM_URI: upstream.uri: "
                + problem
                + "; expected redis://user:password@host:port/database, rediss://…, unix:///path,"
                + " redis-sentinel://host:port,…/database#primary or redis-cluster://host:port,…");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "upstream: {uri: 'redis://h', tls-ca-file: /a}"
            + "| upstream.tls-ca-file: does nothing without TLS; expected rediss:// in upstream.uri",
        "upstream: {uri: 'unix:///s', tls-verify: ca}"
            + "| upstream.tls-verify: does nothing without TLS; expected rediss:// in upstream.uri",
        "upstream: {uri: 'rediss://h', tls-key-file: /a}"
            + "| upstream.tls-key-file: given without upstream.tls-certificate-file; expected both or"
            + " neither",
        "{upstream: {uri: 'redis://h'}, tls: {certificate-file: /a}}"
            + "| tls.certificate-file: given without tls.key-file; expected both or neither",
        "{upstream: {uri: 'redis://h'}, tls: {client-ca-file: /a}}"
            + "| tls.client-ca-file: given without tls.certificate-file; expected that, too",
      })
  void tls_incomplete_isRefused(String line, String problem) {
    assertThat(new ConfigurationScene(folder).yaml(line).problems())
        .containsExactly("nearside.yaml:1: " + problem);
  }

  @Test
  void writesThatHaveNoPlace_areRefused() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml(
                    UPSTREAM,
                    "database: {url: 'jdbc:postgresql://h/d'}",
                    "namespaces:",
                    "  a: {keys: 'a:{id}', l2-ttl: 1h, database: {query: SELECT 1, write: through}}",
                    "  b: {keys: 'b:{id}', l2-ttl: 1h, database: {table: t, write: through}}")
                .problems())
        .containsExactly(
            "nearside.yaml:4: namespaces.a.database.write: given where nothing says what is to be"
                + " written; expected database.table or database.store",
            "nearside.yaml:5: namespaces.b.database.write: given without database.value; expected"
                + " the column that takes the value");
  }

  @Test
  void tls_filesRefusedByTheirReader_areNamedWithKeyAndReason() {
    TlsChecks checks =
        new TlsChecks(
            file -> refuse(file, "/absent", "does not exist"),
            file -> refuse(file, "/bad", "holds no private key in PEM"),
            (certificates, key) -> refuse(key, "/other", "holds another key"));
    assertThat(
            new ConfigurationScene(folder)
                .checks(checks)
                .yaml(
                    "upstream:",
                    "  uri: rediss://h",
                    "  tls-ca-file: /absent",
                    "  tls-certificate-file: /c",
                    "  tls-key-file: /bad",
                    "tls: {certificate-file: /c, key-file: /other}")
                .problems())
        .containsExactlyInAnyOrder(
            "nearside.yaml:3: upstream.tls-ca-file: \"/absent\" does not exist",
            "nearside.yaml:5: upstream.tls-key-file: \"/bad\" holds no private key in PEM",
            "nearside.yaml:6: tls.key-file: \"/other\" holds another key");
  }

  private static void refuse(String file, String refused, String why) {
    if (file.equals(refused)) {
      throw new IllegalArgumentException(why);
    }
  }

  @Test
  void upstream_missing_isSaidOnce() {
    assertThat(new ConfigurationScene(folder).problems())
        .containsExactly(
            "upstream.uri: missing; expected the Redis behind this sidecar, for example"
                + " redis://localhost:6379, in the file, as NEARSIDE_UPSTREAM_URI or by --upstream");
  }

  @Test
  void file_withManyProblems_reportsAllOfThem() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml("upstream:", "  url: redis://h", "l1:", "  mode: maybe", "  max-bytes: 1")
                .variable("NEARSIDE_LISTEN", "nowhere")
                .set("http", "nowhere")
                .problems())
        .extracting(problem -> problem.split(";", -1)[0])
        .containsExactlyInAnyOrder(
            "nearside.yaml:2: upstream.url: unknown key",
            "NEARSIDE_LISTEN: listen: \"nowhere\" is not an address",
            "--set: http: \"nowhere\" is not an address",
            "upstream.uri: missing",
            "nearside.yaml:4: l1.mode: \"maybe\" is not a mode",
            "nearside.yaml:5: l1.max-bytes: \"1\" has no unit");
  }

  @Test
  void key_givenTwice_isRefused() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml(UPSTREAM, "l1:", "  mode: on", "  mode: off", "l1: {}")
                .problems())
        .containsExactly(
            "nearside.yaml:5: l1: given twice, first on line 2; expected once",
            "nearside.yaml:4: l1.mode: given twice, first on line 3; expected once");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "l1: [| 4: not readable as YAML: expected the node content, but found '<stream end>'",
        "l1: @| 3: not readable as YAML: found character '@' that cannot start any token. (Do not use @ for indentation)",
        "a: b: geheim| 3: not readable as YAML: mapping values are not allowed here",
        "l1: *x| 3: not readable as YAML: an alias (*name); expected the value itself",
        "--- {}| 3: not readable as YAML: a second document begins; expected one",
        "a: [[[[[[[[[[[[[[[[[[[[[[| 3: not readable as YAML: nested deeper than 20 levels",
      })
  void file_notYaml_isRefusedWithItsLine(String line, String problem) {
    assertThat(new ConfigurationScene(folder).yaml(UPSTREAM, "", line).problems())
        .containsExactly("nearside.yaml:" + problem);
  }

  @Test
  void file_notAMapping_isRefused() {
    assertThat(new ConfigurationScene(folder).yaml("- upstream").problems())
        .containsExactly("nearside.yaml:1: not a configuration; expected keys, such as upstream:");
  }

  @Test
  void file_missingOrBinary_isRefused() throws Exception {
    ConfigurationScene missing = new ConfigurationScene(folder).yaml("");
    Path file = folder.resolve("nearside.yaml");
    Files.delete(file);
    assertThat(missing.problems())
        .containsExactly("nearside.yaml: there is no such file; expected the configuration");
    Files.write(file, "l1: \u00e4".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(missing.problems()).containsExactly("nearside.yaml: is not UTF-8 text");
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(missing.problems()).containsExactly("nearside.yaml: cannot be read (IOException)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "coherence: {max-staleness: 100ms}| coherence.max-staleness: \"100ms\" contradicts coherence.heartbeat, which is 200ms; expected a value above that",
        "coherence: {heartbeat: 1s}| coherence.heartbeat: \"1s\" contradicts coherence.max-staleness, which is 1s; expected a value below that",
        "l1: {max-bytes: 512KiB}| l1.max-bytes: \"512KiB\" contradicts l1.max-entry, which is 1MiB; expected a value at least that",
        "l1: {max-entry: 65MiB}| l1.max-entry: \"65MiB\" contradicts l1.max-bytes, which is 64MiB; expected a value at most that",
        "http: 0.0.0.0:6380| http: \"0.0.0.0:6380\" is taken by listen, which is 127.0.0.1:6380; expected another port",
        "database: {user: nearside}| database.user: given without database.url; expected both or neither",
        "database: {url: mysql://h/d}| database.url: \"mysql://h/d\" is not the URL of a PostgreSQL database; expected jdbc:postgresql://host:port/database",
        "database: {url: 'jdbc:postgresql://u:geheim@h/d'}| database.url: \"jdbc:postgresql://***@h/d\" holds credentials, which have the keys user and password; expected jdbc:postgresql://host:port/database",
        "namespaces: {a: {}}| namespaces.a.keys: missing; expected a key pattern, for example prompt:{id:bigint}, session:{token} or rule:*",
        "namespaces: {a: {keys: 'a:*', l1-ttl: 2h}}| namespaces.a.l1-ttl: \"2h\" is above l1.max-ttl, which is 10m; expected at most that",
        "namespaces: {a: {keys: 'a:*', l2-ttl: 2h}}| namespaces.a.l2-ttl: does nothing without database.query, database.table or database.store; expected both or neither",
        "namespaces: {a: {keys: 'a:*', database: {value: x}}}| namespaces.a.database.value: does nothing without database.query, database.table or database.store; expected both or neither",
        "namespaces: {a: {keys: 'a:*'}, b: {keys: 'a:*'}}| namespaces.b.keys: \"a:*\" is what namespace a takes already; expected other keys",
        "namespaces: {a: {keys: 'a:*', l2-ttl: 1h, database: {query: SELECT 1}}}| namespaces.a.database.query: given without a database to ask; expected database.url",
        "namespaces: {a: {keys: 'a:*', l2-ttl: 1h, database: {table: t}}}| namespaces.a.database.table: given without a database to ask; expected database.url",
        "namespaces: {a: {keys: 'a:*', l2-ttl: 1h, database: {table: a.b.c}}}| namespaces.a.database.table: \"a.b.c\" is not a table; expected table or schema.table, written as in the database",
        "namespaces: {a: {keys: 'a:*', l2-ttl: 1h, database: {table: ''}}}| namespaces.a.database.table: \"\" is not a table; expected table or schema.table, written as in the database",
        "namespaces: {a: {keys: 'a:*', database: {write: through}}}| namespaces.a.database.write: does nothing without database.query, database.table or database.store; expected both or neither",
        "namespaces: {a: {keys: 'a:*', database: {write: beside}}}| namespaces.a.database.write: \"beside\" is not a way of writing; expected aside, through or behind",
        "namespaces: {a: {keys: 'a:*', l2-ttl: 1h, database: {store: true}}}| namespaces.a.database.store: given without a database to ask; expected database.url",
        "namespaces: {a: {keys: 'a:*', database: {store: maybe}}}| namespaces.a.database.store: \"maybe\" is not a switch; expected true or false",
        "database: {url: 'jdbc:postgresql:d', compress-above: 0B}| database.compress-above: \"0B\" is too small: the least is 1B; expected a number with a unit: B, KiB, MiB or GiB",
        "namespaces: {a: {keys: 'a:*', strict: maybe}}| namespaces.a.strict: \"maybe\" is not a switch; expected true or false",
        "namespaces: {a: {keys: 'a:*', strict: true, stale-if-error: 6s}}| namespaces.a.stale-if-error: \"6s\" contradicts strict: true, whose reads are never stale; expected one of them",
        "namespaces: {a: {keys: 'a:*', ttl: 1h}}| namespaces.a.ttl: unknown key; the nearest known key is namespaces.a.l1-ttl",
        "namespaces: {a: {keys: ''}}| namespaces.a.keys: \"\" is empty; expected for example prompt:{id:bigint}, session:{token} or rule:*",
      })
  void values_thatContradictEachOther_areRefused(String line, String problem) {
    assertThat(new ConfigurationScene(folder).yaml(UPSTREAM, "", line).problems())
        .containsExactly("nearside.yaml:3: " + problem);
  }

  @Test
  void namespace_withQueryButNoTtl_isRefused() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml(UPSTREAM, DATABASE, "namespaces:", "  a:", "    keys: a:{id}")
                .set("namespaces.a.database.query", "SELECT 1")
                .problems())
        .containsExactly(
            "--set: namespaces.a.l2-ttl: missing beside database.query; expected the expiry of its"
                + " values in Redis, such as 1h");
  }

  @Test
  void namespace_rowsInTwoPlaces_areRefused() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml(
                    UPSTREAM,
                    DATABASE,
                    "namespaces:",
                    "  a:",
                    "    keys: a:{id}",
                    "    database:",
                    "      table: shop.a",
                    "      query: SELECT 1")
                .problems())
        .containsExactly(
            "nearside.yaml:7: namespaces.a.database.table: contradicts database.query, which says"
                + " where the rows are already; expected one of them",
            "nearside.yaml:8: namespaces.a.l2-ttl: missing beside database.query; expected the"
                + " expiry of its values in Redis, such as 1h");
  }

  @Test
  void namespace_whatIsInTheStore_hasNoColumnsAndNoQuery() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml(
                    UPSTREAM,
                    DATABASE,
                    "namespaces:",
                    "  a:",
                    "    keys: a:*",
                    "    l2-ttl: 1h",
                    "    database:",
                    "      store: true",
                    "      value: x",
                    "  b:",
                    "    keys: b:{id}",
                    "    l2-ttl: 1h",
                    "    database: {table: t, store: on}",
                    "  c:",
                    "    keys: c:{id}",
                    "    l2-ttl: 1h",
                    "    database: {table: t, store: false}")
                .problems())
        .containsExactly(
            "nearside.yaml:9: namespaces.a.database.value: does nothing beside database.store,"
                + " whose values have no columns; expected one",
            "nearside.yaml:13: namespaces.b.database.store: contradicts database.table, which says"
                + " where the rows are already; expected one of them");
  }

  @Test
  void namespace_patternAndQuery_areAskedForElsewhere() {
    NamespaceChecks checks =
        new NamespaceChecks(
            keys -> {
              if (keys.equals("b:{")) {
                throw new IllegalArgumentException("a brace is not closed");
              }
            },
            namespace -> {
              throw new IllegalArgumentException("the part id is not used");
            },
            namespace -> {
              throw new IllegalArgumentException("there is no part x");
            });
    assertThat(
            new ConfigurationScene(folder)
                .checks(checks)
                .yaml(
                    UPSTREAM,
                    DATABASE,
                    "namespaces:",
                    "  a: {keys: 'a:{id}', l2-ttl: 1h, database: {query: SELECT 1}}",
                    "  b: {keys: 'b:{', l2-ttl: 1h, database: {query: SELECT 1}}",
                    "  c: {keys: 'c:{id}', tags: ['t:{x}', u]}",
                    "  d: {keys: 'd:{id}', tags: ['']}")
                .problems())
        .containsExactly(
            "nearside.yaml:7: namespaces.d.tags: \"\" is empty; expected for example"
                + " [\"account:{id}\", catalog]",
            "nearside.yaml:4: namespaces.a.database.query: \"SELECT 1\" does not fit a:{id}: the"
                + " part id is not used",
            "nearside.yaml:5: namespaces.b.keys: \"b:{\" is not a key pattern: a brace is not"
                + " closed",
            "nearside.yaml:6: namespaces.c.tags: does not fit c:{id}: there is no part x");
  }

  @Test
  void upstream_databaseNotLocal_isRefused() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml("upstream:", "  uri: redis://h/2", "  local-databases: [0, 1]")
                .problems())
        .containsExactly(
            "nearside.yaml:3: upstream.local-databases: \"[0, 1]\" leaves out the database of"
                + " upstream.uri; expected a list with 2");
  }

  @Test
  void upstream_isThisSidecar_isRefused() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml("upstream:", "  uri: redis://localhost:6380")
                .problems())
        .containsExactly(
            "nearside.yaml:2: upstream.uri: \"redis://localhost:6380/0\" is this sidecar itself,"
                + " whose listen is 127.0.0.1:6380; expected the Redis behind it");
  }

  @Test
  void password_givenTwice_isRefusedWithoutIt() {
    Path secret = new ConfigurationScene(folder).file("secret", "geheim");
    assertThat(
            new ConfigurationScene(folder)
                .yaml("upstream:", "  uri: redis://u:geheim@h", "  user: v", "  password: geheim")
                .variable("NEARSIDE_UPSTREAM_PASSWORD_FILE", secret.toString())
                .problems())
        .containsExactly(
            "nearside.yaml:3: upstream.user: given although upstream.uri has a user too; expected"
                + " one of them",
            "NEARSIDE_UPSTREAM_PASSWORD_FILE: upstream.password-file: given although"
                + " upstream.password is given too; expected one of them",
            "nearside.yaml:4: upstream.password: given although upstream.uri has a password too;"
                + " expected one of them");
  }

  @Test
  void sentinelPassword_withoutSentinels_isRefused() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml(UPSTREAM)
                .variable("NEARSIDE_UPSTREAM_SENTINEL_PASSWORD", "geheim")
                .problems())
        .containsExactly(
            "NEARSIDE_UPSTREAM_SENTINEL_PASSWORD: upstream.sentinel-password: given although"
                + " upstream.uri names no sentinels; expected redis-sentinel://…");
  }

  @Test
  void passwordFile_missingOrEmpty_isRefused() {
    ConfigurationScene scene = new ConfigurationScene(folder);
    String empty = scene.file("empty", "\n").toString();
    assertThat(
            scene
                .yaml(UPSTREAM, DATABASE)
                .set("upstream.password-file", empty)
                .set("database.password-file", empty + "-not")
                .problems())
        .containsExactly(
            "--set: upstream.password-file: \"empty\" is empty; expected the path of a file that"
                + " holds nothing but the password",
            "--set: database.password-file: \"empty-not\" does not exist; expected the path of a"
                + " file that holds nothing but the password");
  }

  @Test
  void password_empty_isRefused() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml(UPSTREAM)
                .variable("NEARSIDE_UPSTREAM_PASSWORD", "")
                .problems())
        .containsExactly(
            "NEARSIDE_UPSTREAM_PASSWORD: upstream.password: \"\" is empty; expected one that is not"
                + " empty; leave the key out where none is asked for");
  }

  @Test
  void upstream_uriWherePasswordSectionIsExpected_isNotShown() {
    assertThat(new ConfigurationScene(folder).yaml("upstream: redis://u:geheim@h").problems())
        .containsExactly(
            "nearside.yaml:1: upstream: \"redis://***@h\" is not a section; expected keys below it,"
                + " such as upstream.uri");
  }

  @Test
  void variable_unknown_isRefusedWithTheNearest() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml(UPSTREAM, "namespaces: {rules: {keys: 'rule:*'}}")
                .variable("NEARSIDE_L1_MAXBYTES", "1MiB")
                .variable("NEARSIDE_LOGLEVEL", "info")
                .variable("NEARSIDE_NAMESPACES_RULE_STRICT", "true")
                .variable("NEARSIDE_PORT", "6380")
                .variable("NEARSIDE_LOG_LEVEL", "loud")
                .problems())
        .containsExactly(
            "NEARSIDE_L1_MAXBYTES: unknown variable; the nearest known one is NEARSIDE_L1_MAX_BYTES",
            "NEARSIDE_LOGLEVEL: unknown variable; the nearest known one is NEARSIDE_LOG_LEVEL",
            "NEARSIDE_LOG_LEVEL: \"loud\" is not a log level; expected trace, debug, info, warn,"
                + " error or off",
            "NEARSIDE_NAMESPACES_RULE_STRICT: sets no key of a namespace in the file; the nearest"
                + " known one is NEARSIDE_NAMESPACES_RULES_STRICT",
            "NEARSIDE_PORT: unknown variable; the nearest known one is NEARSIDE_HTTP");
  }

  @Test
  void variables_ofKubernetesServices_areIgnored() {
    Map<String, String> injected =
        Map.of(
            "NEARSIDE_SERVICE_HOST", "10.0.0.1",
            "NEARSIDE_SERVICE_PORT", "6380",
            "NEARSIDE_SERVICE_PORT_REDIS", "6380",
            "NEARSIDE_PORT", "tcp://10.0.0.1:6380",
            "NEARSIDE_PORT_6380_TCP", "tcp://10.0.0.1:6380",
            "NEARSIDE_PORT_6380_TCP_ADDR", "10.0.0.1",
            "NEARSIDE_METRICS_SERVICE_HOST", "10.0.0.2",
            "NEARSIDE_METRICS_PORT", "tcp://10.0.0.2:9380");
    ConfigurationScene scene = new ConfigurationScene(folder).yaml(UPSTREAM);
    injected.forEach(scene::variable);
    assertThat(scene.problems()).isEmpty();
  }

  @Test
  void flag_unknown_isRefusedWithTheNearest() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml(UPSTREAM)
                .set("l1.max-byte", "1MiB")
                .set("namespaces.rule.key", "rule:*")
                .set("namespaces.rule", "rule:*")
                .problems())
        .isEqualTo(
            List.of(
                "--set: l1.max-byte: unknown key; the nearest known key is l1.max-bytes",
                "--set: namespaces.rule.key: unknown key; the nearest known key is"
                    + " namespaces.rule.keys",
                "--set: namespaces.rule: unknown key; the nearest known key is namespaces.rule.keys"));
  }

  @Test
  void queries_thatCannotBeUsed_areReportedWithTheirPlaces() {
    NamespaceChecks checks =
        new NamespaceChecks(
            keys -> refuseIf(keys.contains("{1}"), "an argument named 1"),
            namespace -> refuseIf(namespace.name().equals("query:sql"), "an open quote"),
            namespace -> refuseIf(namespace.name().equals("query:tags"), "there is no argument x"));
    assertThat(
            new ConfigurationScene(folder)
                .yaml(
                    UPSTREAM,
                    DATABASE,
                    "queries:",
                    "  none: {}",
                    "  arguments: {sql: SELECT 1, l2-ttl: 1m, arguments: [1]}",
                    "  sql: {sql: SELECT 2, l2-ttl: 1m}",
                    "  tags: {sql: SELECT 3, l2-ttl: 1m, tags: ['{x}']}",
                    "  ttl: {sql: SELECT 4, l2-ttl: 1m, l1-ttl: 2h, strict: true, stale-if-error: 1s}",
                    "  rows: {sql: SELECT 5, l2-ttl: 1m, max-rows: 0, max-bytes: 1}",
                    "  Upper: {}",
                    "  text: SELECT 6",
                    "  key: {sql: SELECT 7, l2-ttl: 1m, max-row: 1}")
                .checks(checks)
                .problems())
        .containsExactlyInAnyOrder(
            "nearside.yaml:4: queries.none.sql: missing; expected a SELECT",
            "nearside.yaml:4: queries.none.l2-ttl: missing; expected the expiry of its results in"
                + " Redis, such as 5m",
            "nearside.yaml:5: queries.arguments.arguments: cannot be used: an argument named 1",
            "nearside.yaml:6: queries.sql.sql: cannot be used: an open quote",
            "nearside.yaml:7: queries.tags.tags: does not fit its arguments: there is no argument x",
            "nearside.yaml:8: queries.ttl.l1-ttl: \"2h\" is above l1.max-ttl, which is 10m; expected"
                + " at most that",
            "nearside.yaml:8: queries.ttl.stale-if-error: \"1s\" contradicts strict: true, whose reads"
                + " are never stale; expected one of them",
            "nearside.yaml:9: queries.rows.max-rows: \"0\" is out of range; expected a whole number"
                + " from 1 to 1000000",
            "nearside.yaml:9: queries.rows.max-bytes: \"1\" has no unit; expected a number with a"
                + " unit: B, KiB, MiB or GiB",
            "nearside.yaml:10: queries.Upper: \"Upper\" is not the name of a query; expected"
                + " lower-case letters, digits and -",
            "nearside.yaml:11: queries.text: \"SELECT 6\" is not a section; expected keys below it,"
                + " such as sql",
            "nearside.yaml:11: queries.text.sql: missing; expected a SELECT",
            "nearside.yaml:11: queries.text.l2-ttl: missing; expected the expiry of its results in"
                + " Redis, such as 5m",
            "nearside.yaml:12: queries.key.max-row: unknown key; the nearest known key is"
                + " queries.key.max-rows");
  }

  @Test
  void query_withoutADatabase_isReported() {
    assertThat(
            new ConfigurationScene(folder)
                .yaml(UPSTREAM, "queries: {a: {sql: SELECT 1, l2-ttl: 1m}}")
                .problems())
        .containsExactly(
            "nearside.yaml:2: queries.a.sql: given without a database to ask; expected database.url");
  }

  private static void refuseIf(boolean wrong, String why) {
    if (wrong) {
      throw new IllegalArgumentException(why);
    }
  }
}

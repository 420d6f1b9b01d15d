package dev.nearside.proxy.config;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.DatabaseRead;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.config.NearsideConfig.Namespace;
import dev.nearside.proxy.config.NearsideConfig.WhenUnavailable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigurationLoaderTest {
  private static final String UPSTREAM = "upstream: {uri: 'redis://localhost'}";

  /** A value other than the default for every key whose value is shown. */
  private static final Map<String, String> SAMPLES =
      Map.ofEntries(
          entry("listen", "\"[::1]:7000\""),
          entry("listen-mode", "0770"),
          entry("http", "0.0.0.0:7001"),
          entry("trust", "network"),
          entry("transport", "io_uring"),
          entry("event-loops", "7"),
          entry("grace-period", "1500ms"),
          entry("tls.certificate-file", "\"/tls/own.pem\""),
          entry("tls.key-file", "\"/tls/own.key\""),
          entry("tls.client-ca-file", "\"/tls/clients.pem\""),
          entry("proxy-protocol", "true"),
          entry("upstream.uri", "\"rediss-sentinel://a_1.local:7002,b:26379/3#main\""),
          entry("upstream.tls-ca-file", "\"/tls/ca.pem\""),
          entry("upstream.tls-certificate-file", "\"/tls/client.pem\""),
          entry("upstream.tls-key-file", "\"/tls/client.key\""),
          entry("upstream.tls-verify", "ca"),
          entry("upstream.user", "\"app\""),
          entry("upstream.sentinel-user", "\"guard\""),
          entry("upstream.local-databases", "[0, 3, 9]"),
          entry("upstream.connect-timeout", "3s"),
          entry("upstream.redirect-for", "3500ms"),
          entry("upstream.retry-reads-for", "100ms"),
          entry("l1.mode", "shadow"),
          entry("l1.max-bytes", "1GiB"),
          entry("l1.max-entry", "3MiB"),
          entry("l1.max-ttl", "2h"),
          entry("l1.compress-above", "1500B"),
          entry("l1.admission-window", "0ms"),
          entry("coherence.audit-interval", "0ms"),
          entry("l1.touch-interval", "3s"),
          entry("l1.mget", "merge"),
          entry("coherence.mode", "ttl"),
          entry("l1.skip-churning", "false"),
          entry("l1.early-refresh", "false"),
          entry("coherence.max-staleness", "2s"),
          entry("coherence.heartbeat", "100ms"),
          entry("coherence.fill-timeout", "5s"),
          entry("coherence.max-tracked-keys", "1234"),
          entry("coherence.permission-ttl", "7s"),
          entry("coherence.unheld-reads", "ordered"),
          entry("database.url", "\"jdbc:postgresql://db/shop?ssl=true\""),
          entry("database.user", "\"o'brien \\\"x\\\"\""),
          entry("database.pool-size", "3"),
          entry("database.timeout", "4s"),
          entry("database.max-batch", "64"),
          entry("database.compress-above", "3KiB"),
          entry("database.capture", "[shop.prompt, nearside.entry]"),
          entry("database.publication", "\"changes\""),
          entry("limits.max-clients", "11"),
          entry("limits.max-bulk", "2MiB"),
          entry("limits.max-query-buffer", "4MiB"),
          entry("limits.max-output", "5MiB"),
          entry("limits.idle-timeout", "9s"),
          entry("limits.tcp-keepalive", "7s"));

  private static final Set<String> HIDDEN =
      Set.of(
          "upstream.user-file",
          "upstream.password",
          "upstream.password-file",
          "upstream.sentinel-password",
          "upstream.sentinel-password-file",
          "database.password",
          "database.password-file");

  /** The same for namespaces. */
  private static final Map<String, String> NAMESPACE_SAMPLES =
      Map.ofEntries(
          entry("keys", "\"prompt:{id:bigint}\""),
          entry("l1-ttl", "30s"),
          entry("l2-ttl", "15m"),
          entry("negative-ttl", "0ms"),
          entry("strict", "false"), // not beside stale-if-error
          entry("stale-if-error", "7s"),
          entry("tags", "[\"account:{id}\", all]"),
          entry("database.query", "\"SELECT id,\\n \\u00E4 FROM prompt WHERE id = ANY(:id)\""),
          entry("database.value", "\"body\""),
          entry("database.when-unavailable", "nil"),
          entry("database.write", "aside"));

  /** What says in place of {@code database.query} where rows are. */
  private static final Map<String, String> OTHER_ROWS =
      Map.of(
          "database.store", "true",
          "database.table", "\"shop.\\u00E4 \\\"b\\\"\"",
          "database.durability", "weaker",
          "database.outbox-limit", "17");

  /** Only where writes go behind. */
  private static final List<String> OF_OUTBOXES =
      List.of("database.durability", "database.outbox-limit");

  private static final Map<String, String> QUERY_SAMPLES =
      Map.of(
          "sql", "\"SELECT id FROM sale WHERE country = :country\"",
          "arguments", "[country, since]",
          "l1-ttl", "30s",
          "l2-ttl", "15m",
          "strict", "false", // not beside stale-if-error
          "stale-if-error", "7s",
          "tags", "[\"country:{country}\", all]",
          "max-rows", "7",
          "max-bytes", "2KiB");

  @TempDir Path folder;

  static Stream<Key<NearsideConfig, ?>> shownKeys() {
    return Keys.ALL.stream().filter(key -> !HIDDEN.contains(key.path()));
  }

  @Test
  void load_onlyUpstream_hasDefaults() throws Exception {
    NearsideConfig config =
        new ConfigurationScene(folder).variable("NEARSIDE_UPSTREAM_URI", "redis://r").config();
    assertThat(config.listen()).isEqualTo(new Address("127.0.0.1", 6380));
    assertThat(config.http()).isEqualTo(new Address("127.0.0.1", 9380));
    assertThat(config.gracePeriod()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.upstream().discovery())
        .isEqualTo(new Discovery.Fixed(new Address("r", 6379)));
    assertThat(config.upstream().localDatabases()).containsExactly(0);
    assertThat(config.l1().maxBytes()).isEqualTo(64L << 20);
    assertThat(config.database()).isNull();
    assertThat(config.namespaces()).isEmpty();
    assertThat(config.limits().maxBulkBytes()).isEqualTo(512L << 20);
  }

  @ParameterizedTest
  @MethodSource("shownKeys")
  void key_inFileVariableOrFlag_hasTheValueGiven(Key<NearsideConfig, ?> key) throws Exception {
    String sample = Objects.requireNonNull(SAMPLES.get(key.path()), key.path());
    assertThat(key.fallback()).isNotEqualTo(sample);
    String text = unquoted(sample);
    NearsideConfig ofFile = sceneFor(key).yaml(yaml(key.path(), sample)).config();
    NearsideConfig ofVariable =
        sceneFor(key).variable(EnvironmentSource.variable(key.path()), text).config();
    NearsideConfig ofFlag = sceneFor(key).set(key.path(), text).config();
    assertThat(key.yaml(ofFile)).isEqualTo(sample);
    assertThat(ofVariable).isEqualTo(ofFile);
    assertThat(ofFlag).isEqualTo(ofFile);
  }

  /** Gives, as variables, what the key needs beside it. */
  private ConfigurationScene sceneFor(Key<NearsideConfig, ?> key) {
    ConfigurationScene scene = new ConfigurationScene(folder);
    if (!key.equals(UpstreamKeys.URI)) {
      boolean secured = key.path().startsWith("upstream.tls-");
      boolean asking = key.path().startsWith("upstream.sentinel-");
      String plain = asking ? "redis-sentinel://s#main" : "redis://localhost";
      scene.variable("NEARSIDE_UPSTREAM_URI", secured ? "rediss://h" : plain);
    }
    for (String section : List.of("tls.", "upstream.tls-")) {
      for (String file : List.of("certificate-file", "key-file")) {
        if (key.path().startsWith(section) && !key.path().equals(section + file)) {
          scene.variable(EnvironmentSource.variable(section + file), "/" + file);
        }
      }
    }
    if (key.path().startsWith("database.") && !key.equals(Keys.DATABASE_URL)) {
      scene.variable("NEARSIDE_DATABASE_URL", "jdbc:postgresql://localhost/shop");
    }
    if (key.equals(CaptureKeys.CAPTURE)) {
      addCaptured(scene);
    }
    return scene;
  }

  private static void addCaptured(ConfigurationScene scene) {
    scene.set("namespaces.p.keys", "p:{id}").set("namespaces.p.l2-ttl", "1h");
    scene.set("namespaces.p.database.table", "prompt");
    scene.set("namespaces.k.keys", "k:*").set("namespaces.k.l2-ttl", "1h");
    scene.set("namespaces.k.database.store", "true");
  }

  private static String yaml(String path, String value) {
    int dot = path.indexOf('.');
    return dot < 0
        ? path + ": " + value
        : path.substring(0, dot) + ":\n  " + path.substring(dot + 1) + ": " + value;
  }

  @Test
  void samples_areOfAllKeys() {
    Set<String> sampled = new TreeMap<>(SAMPLES).keySet();
    assertThat(shownKeys().map(Key::path)).containsExactlyInAnyOrderElementsOf(sampled);
    assertThat(NamespaceKeys.ALL.stream().map(Key::path))
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(NAMESPACE_SAMPLES, OTHER_ROWS)
                .flatMap(samples -> samples.keySet().stream())
                .toList());
    assertThat(QueryKeys.ALL.stream().map(Key::path))
        .containsExactlyInAnyOrderElementsOf(QUERY_SAMPLES.keySet());
  }

  @Test
  void redactedYaml_ofEveryKeySet_readsBackAsTheSame() throws Exception {
    ConfigurationScene scene = new ConfigurationScene(folder);
    SAMPLES.forEach((path, sample) -> scene.set(path, unquoted(sample)));
    NAMESPACE_SAMPLES.forEach(
        (path, sample) -> scene.set("namespaces.prompt." + path, unquoted(sample)));
    scene.set("namespaces.rule.keys", "rule:*");
    scene.set("namespaces.rule.strict", "true");
    QUERY_SAMPLES.forEach((path, sample) -> scene.set("queries.top." + path, unquoted(sample)));
    addCaptured(scene);
    OTHER_ROWS.forEach((path, sample) -> {
      scene.set("namespaces." + path.replace('.', '-') + ".keys", path + ":{id}");
      scene.set("namespaces." + path.replace('.', '-') + ".l2-ttl", "1h");
      scene.set("namespaces." + path.replace('.', '-') + "." + path, unquoted(sample));
      if (OF_OUTBOXES.contains(path)) {
        scene.set("namespaces." + path.replace('.', '-') + ".database.store", "true");
        scene.set("namespaces." + path.replace('.', '-') + ".database.write", "behind");
        scene.set("namespaces." + path.replace('.', '-') + ".database.durability", "weaker");
      }
    });
    LoadedConfiguration loaded = scene.load();
    NearsideConfig config = loaded.config();
    for (Key<NearsideConfig, ?> key : shownKeys().toList()) {
      assertThat(key.yaml(config)).isEqualTo(SAMPLES.get(key.path()));
    }
    Map<String, Namespace> namespaces =
        config.namespaces().stream().collect(Collectors.toMap(Namespace::name, same -> same));
    for (Key<Namespace, ?> key : NamespaceKeys.ALL) {
      assertThat(key.yaml(namespaces.get("prompt"))).isEqualTo(NAMESPACE_SAMPLES.get(key.path()));
      if (OTHER_ROWS.containsKey(key.path())) {
        assertThat(key.yaml(namespaces.get(key.path().replace('.', '-'))))
            .isEqualTo(OTHER_ROWS.get(key.path()));
      }
    }
    for (Key<NearsideConfig.Query, ?> key : QueryKeys.ALL) {
      assertThat(key.yaml(config.queries().getFirst())).isEqualTo(QUERY_SAMPLES.get(key.path()));
    }
    assertThat(namespaces.get("rule").strict()).isTrue();
    String plain = EffectiveConfiguration.redactedYaml(config);
    assertThat(new ConfigurationScene(folder).yaml(plain).config()).isEqualTo(config);
    assertThat(new ConfigurationScene(folder).yaml(loaded.redactedYaml()).config())
        .isEqualTo(config);
  }

  private static String unquoted(String sample) {
    return sample.startsWith("\"")
        ? sample
            .substring(1, sample.length() - 1)
            .replace("\\\"", "\"")
            .replace("\\n", "\n")
            .replace("\\u00E4", "\u00e4")
        : sample;
  }

  @Test
  void sources_laterOnes_win() throws Exception {
    ConfigurationScene scene =
        new ConfigurationScene(folder)
            .yaml(UPSTREAM, "listen: a:1", "http: a:2", "l1: {mode: off}", "event-loops: 3")
            .variable("NEARSIDE_LISTEN", "b:1")
            .variable("NEARSIDE_HTTP", "b:2")
            .set("listen", "c:0")
            .set("listen", "c:1");
    NearsideConfig config = scene.config();
    assertThat(config.listen()).isEqualTo(new Address("c", 1));
    assertThat(config.http()).isEqualTo(new Address("b", 2));
    assertThat(config.eventLoops()).isEqualTo(3);
    assertThat(scene.load().redactedYaml().replace(folder + "/", ""))
        .contains("listen: c:1  # --set\n")
        .contains("http: b:2  # NEARSIDE_HTTP\n")
        .contains("event-loops: 3  # nearside.yaml:5\n")
        .contains("transport: auto  # default\n");
  }

  @Test
  void namespaces_keepTheOrderOfTheFile_andCanBeOverridden() throws Exception {
    NearsideConfig config =
        new ConfigurationScene(folder)
            .yaml(
                UPSTREAM,
                "database: {url: 'jdbc:postgresql://localhost/shop'}",
                "namespaces:",
                "  z-rules: {keys: 'rule:*'}",
                "  prompt:",
                "    keys: prompt:{id:bigint}",
                "    l2-ttl: 15m",
                "    database:",
                "      query: SELECT id, body FROM prompt WHERE id = ANY(:id)")
            .variable("NEARSIDE_NAMESPACES_Z_RULES_STRICT", "true")
            .variable("NEARSIDE_NAMESPACES_PROMPT_DATABASE_VALUE", "body")
            .set("namespaces.a.keys", "a:*")
            .config();
    DatabaseRead read =
        new DatabaseRead(
            "SELECT id, body FROM prompt WHERE id = ANY(:id)", "body", WhenUnavailable.ERROR);
    Duration tenMinutes = Duration.ofMinutes(10);
    Duration twoSeconds = Duration.ofSeconds(2);
    assertThat(config.namespaces())
        .containsExactly(
            new Namespace(
                "z-rules",
                "rule:*",
                tenMinutes,
                Duration.ZERO,
                twoSeconds,
                true,
                Duration.ZERO,
                List.of(),
                null),
            new Namespace(
                "prompt",
                "prompt:{id:bigint}",
                tenMinutes,
                Duration.ofMinutes(15),
                twoSeconds,
                false,
                Duration.ZERO,
                List.of(),
                read),
            new Namespace(
                "a",
                "a:*",
                tenMinutes,
                Duration.ZERO,
                twoSeconds,
                false,
                Duration.ZERO,
                List.of(),
                null));
  }

  @Test
  void namespace_withoutL1Ttl_hasTheCapOfL1() throws Exception {
    NearsideConfig config =
        new ConfigurationScene(folder)
            .yaml(UPSTREAM, "l1: {max-ttl: 1m}", "namespaces: {a: {keys: 'a:*'}}")
            .config();
    assertThat(config.namespaces().getFirst().l1Ttl()).isEqualTo(Duration.ofMinutes(1));
  }

  @ParameterizedTest
  @CsvSource({"on,ON", "off,OFF", "'''on''',ON", "true,ON", "false,OFF", "shadow,SHADOW"})
  void mode_whateverYamlTakesItFor_isWhatItSays(String yaml, L1Mode mode) throws Exception {
    NearsideConfig config =
        new ConfigurationScene(folder).yaml(UPSTREAM, "l1: {mode: " + yaml + "}").config();
    assertThat(config.l1().mode()).isEqualTo(mode);
  }

  @Test
  void number_withLeadingZero_isDecimal() throws Exception {
    NearsideConfig config =
        new ConfigurationScene(folder).yaml(UPSTREAM, "event-loops: 010").config();
    assertThat(config.eventLoops()).isEqualTo(10);
  }

  @Test
  void sections_empty_areLikeLeftOut() throws Exception {
    NearsideConfig config =
        new ConfigurationScene(folder)
            .yaml("\uFEFF" + UPSTREAM, "l1:", "database:", "namespaces: ~")
            .config();
    assertThat(config.database()).isNull();
    assertThat(config.l1().mode()).isEqualTo(L1Mode.ON);
  }

  @Test
  void passwords_fromUriKeyAndFile_areReadAndNeverShown() throws Exception {
    ConfigurationScene scene = new ConfigurationScene(folder);
    Path file = scene.file("secret", "geh eim \n\r\n");
    scene
        .yaml(
            "upstream: {uri: 'redis://app:geh%20eim:@h:1'}",
            "database: {url: 'jdbc:postgresql://h/d?sslpassword=geheim'}")
        .set("database.password-file", file.toString());
    LoadedConfiguration loaded = scene.load();
    NearsideConfig config = loaded.config();
    assertThat(config.upstream().user()).isEqualTo("app");
    assertThat(config.upstream().password()).isEqualTo("geh eim:");
    assertThat(config.database().password()).isEqualTo("geh eim \n");
    String yaml = loaded.redactedYaml().replace(folder + "/", "");
    assertThat(yaml)
        .doesNotContain("geh")
        .contains("  uri: redis://h:1/0  # nearside.yaml:1\n")
        .contains("  password: \"***\"  # nearside.yaml:1\n")
        .contains("  password: \"***\"  # --set\n")
        .contains("  url: \"jdbc:postgresql://h/d?sslpassword=***\"  # nearside.yaml:2\n");
    assertThat(EffectiveConfiguration.redactedYaml(config)).doesNotContain("geh");
  }

  @Test
  void password_ofKey_joinsUserOfUri() throws Exception {
    NearsideConfig config =
        new ConfigurationScene(folder)
            .yaml("upstream: {uri: 'redis://app:@h', password: geheim}")
            .config();
    assertThat(config.upstream().user()).isEqualTo("app");
    assertThat(config.upstream().password()).isEqualTo("geheim");
  }

  @ParameterizedTest
  @CsvSource({"1,1", "2,1", "3,1", "4,2", "7,3", "8,4", "64,4"})
  void eventLoops_byDefault_areHalfTheCoresAndAtMostFour(int cores, int loops) {
    assertThat(ConfigurationAssembly.defaultEventLoops(cores)).isEqualTo(loops);
  }

  @Test
  void defaults_areValuesOfTheirTypes() {
    List<Key<?, ?>> keys =
        Stream.<Key<?, ?>>concat(Keys.ALL.stream(), NamespaceKeys.ALL.stream())
            .filter(key -> key.fallback() != null)
            .toList();
    assertThat(keys)
        .hasSizeGreaterThan(20)
        .allSatisfy(key ->
            assertThat(key.type().parser().apply(key.fallback())).isInstanceOf(Parsed.Good.class));
  }
}

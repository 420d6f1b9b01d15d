package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.DatabaseRead;
import dev.nearside.proxy.config.NearsideConfig.Durability;
import dev.nearside.proxy.config.NearsideConfig.Namespace;
import dev.nearside.proxy.config.NearsideConfig.WriteMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reports what namespaces lack, and what in them cannot hold together. */
final class NamespaceContradictions {
  private final NearsideConfig config;
  private final Settings settings;
  private final Problems problems;
  private final NamespaceChecks checks;
  private final Map<String, String> namesByKeys = new HashMap<>();

  NamespaceContradictions(
      NearsideConfig config, Settings settings, Problems problems, NamespaceChecks checks) {
    this.config = config;
    this.settings = settings;
    this.problems = problems;
    this.checks = checks;
  }

  void report() {
    for (Namespace namespace : config.namespaces()) {
      reportKeys(namespace);
      reportL1Ttl(namespace);
      reportTags(namespace);
      reportStrict(namespace);
      List<String> rows = NamespaceKeys.ROWS.stream().map(key -> path(namespace, key)).toList();
      List<String> given = rows.stream().filter(this::saysWhere).toList();
      DatabaseRead read = namespace.read();
      if (read != null) {
        reportTwoPlaces(namespace, given);
        reportValueOfStore(namespace);
        reportRead(namespace, given.getFirst());
        reportWrite(namespace, read);
      } else if (rows.stream().noneMatch(problems::isRefused)) {
        reportKeysWithoutRows(namespace);
      }
    }
  }

  private void reportKeys(Namespace namespace) {
    String path = path(namespace, NamespaceKeys.KEYS);
    if (problems.isRefused(path)) {
      return;
    }
    if (!settings.isGiven(path)) {
      problems.add(
          settings.origin(Family.NAMESPACES, namespace.name()),
          path,
          "missing; expected a key pattern, " + NamespaceKeys.KEYS.type().expected());
      return;
    }
    String earlier = namesByKeys.putIfAbsent(namespace.keys(), namespace.name());
    String refusal = refusal(() -> checks.keys().accept(namespace.keys()));
    if (refusal != null) {
      add(path, namespace.keys(), " is not a key pattern: " + refusal);
    } else if (earlier != null) {
      add(
          path,
          namespace.keys(),
          " is what namespace " + earlier + " takes already; expected other keys");
    }
  }

  private void reportL1Ttl(Namespace namespace) {
    String path = path(namespace, NamespaceKeys.L1_TTL);
    if (namespace.l1Ttl().compareTo(config.l1().maxTtl()) > 0
        && !problems.isRefused(path)
        && !problems.isRefused(Keys.L1_MAX_TTL.path())) {
      add(
          path,
          String.valueOf(NamespaceKeys.L1_TTL.yaml(namespace)),
          " is above l1.max-ttl, which is "
              + Keys.L1_MAX_TTL.yaml(config)
              + "; expected at most that");
    }
  }

  private void reportStrict(Namespace namespace) {
    String path = path(namespace, NamespaceKeys.STALE_IF_ERROR);
    if (namespace.strict() && namespace.staleIfError().isPositive() && !problems.isRefused(path)) {
      add(
          path,
          String.valueOf(NamespaceKeys.STALE_IF_ERROR.yaml(namespace)),
          " contradicts strict: true, whose reads are never stale; expected one of them");
    }
  }

  private void reportTags(Namespace namespace) {
    String path = path(namespace, NamespaceKeys.TAGS);
    if (namespace.tags().isEmpty() || problems.isRefused(path(namespace, NamespaceKeys.KEYS))) {
      return;
    }
    String refusal = refusal(() -> checks.tags().accept(namespace));
    if (refusal != null) {
      add(path, "does not fit " + namespace.keys() + ": " + refusal);
    }
  }

  /** A store that is switched off says nothing. */
  private boolean saysWhere(String path) {
    boolean isSwitch = path.endsWith("." + NamespaceKeys.STORE.path());
    return settings.isGiven(path) && (!isSwitch || isOn(settings.text(path)));
  }

  private static boolean isOn(String text) {
    return NamespaceKeys.STORE.type().parser().apply(text) instanceof Parsed.Good<Boolean> read
        && read.value();
  }

  private void reportValueOfStore(Namespace namespace) {
    String path = path(namespace, NamespaceKeys.VALUE);
    DatabaseRead read = namespace.read();
    if (read != null && read.rows() instanceof DatabaseRows.Store && settings.isGiven(path)) {
      add(path, "does nothing beside database.store, whose values have no columns; expected one");
    }
  }

  private void reportTwoPlaces(Namespace namespace, List<String> given) {
    for (String path : given.subList(1, given.size())) {
      add(
          path,
          "contradicts "
              + within(namespace, given.getFirst())
              + ", which says where the rows are already; expected one of them");
    }
  }

  private void reportRead(Namespace namespace, String rowsPath) {
    String ttlPath = path(namespace, NamespaceKeys.L2_TTL);
    if (config.database() == null && !problems.isRefused(Keys.DATABASE_URL.path())) {
      add(rowsPath, "given without a database to ask; expected database.url");
    }
    if (!settings.isGiven(ttlPath) && !problems.isRefused(ttlPath)) {
      problems.add(
          settings.origin(rowsPath),
          ttlPath,
          "missing beside "
              + within(namespace, rowsPath)
              + "; expected the expiry of its values in Redis, such as 1h");
    }
    if (!problems.isRefused(path(namespace, NamespaceKeys.KEYS))) {
      String refusal = refusal(() -> checks.query().accept(namespace));
      if (refusal != null) {
        add(
            rowsPath,
            settings.text(rowsPath),
            " does not fit " + namespace.keys() + ": " + refusal);
      }
    }
  }

  private void reportWrite(Namespace namespace, DatabaseRead read) {
    String path = path(namespace, NamespaceKeys.WRITE);
    if (read.write() == WriteMode.BEHIND) {
      reportFailovers(read, path);
    } else {
      reportOutboxKeys(namespace);
    }
    if (read.write() == WriteMode.ASIDE || problems.isRefused(path)) {
      return;
    }
    if (read.rows() instanceof DatabaseRows.Query) {
      add(
          path,
          "given where nothing says what is to be written; expected database.table or"
              + " database.store");
    } else if (read.rows() instanceof DatabaseRows.Table && read.value().equals("*")) {
      add(path, "given without database.value; expected the column that takes the value");
    }
  }

  /** A replica that takes the primary's place may not have all that was acknowledged. */
  private void reportFailovers(DatabaseRead read, String path) {
    Discovery discovery = config.upstream().discovery();
    if (read.durability() != Durability.FSYNC) {
      return;
    }
    if (discovery instanceof Discovery.Sentinels || discovery instanceof Discovery.Cluster) {
      add(
          path,
          "contradicts upstream.uri, whose %s may replace Redis by a replica that has less;"
                  .formatted(discovery instanceof Discovery.Cluster ? "cluster" : "sentinels")
              + " expected database.durability: weaker beside it");
    }
  }

  private void reportOutboxKeys(Namespace namespace) {
    for (Key<Namespace, ?> key : List.of(NamespaceKeys.DURABILITY, NamespaceKeys.OUTBOX_LIMIT)) {
      String path = path(namespace, key);
      if (settings.isGiven(path) && !problems.isRefused(path)) {
        add(path, "does nothing without database.write: behind; expected both or neither");
      }
    }
  }

  private void reportKeysWithoutRows(Namespace namespace) {
    for (Key<Namespace, ?> key : NamespaceKeys.ONLY_WITH_ROWS) {
      String path = path(namespace, key);
      if (settings.isGiven(path) && !problems.isRefused(path)) {
        add(
            path,
            "does nothing without "
                + Wording.or(NamespaceKeys.ROWS.stream().map(Key::path).toList())
                + "; expected both or neither");
      }
    }
  }

  private static @Nullable String refusal(Runnable check) {
    try {
      check.run();
      return null;
    } catch (IllegalArgumentException e) {
      return Problems.printable(String.valueOf(e.getMessage()));
    }
  }

  private static String within(Namespace namespace, String path) {
    return path.substring(NamespaceKeys.prefix(namespace.name()).length());
  }

  private static String path(Namespace namespace, Key<Namespace, ?> key) {
    return NamespaceKeys.prefix(namespace.name()) + key.path();
  }

  private void add(String path, String value, String sentence) {
    add(path, Problems.quoted(value) + sentence);
  }

  private void add(String path, String sentence) {
    problems.add(settings.origin(path), path, sentence);
  }
}

package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.DatabaseRead;
import dev.nearside.proxy.config.NearsideConfig.Durability;
import dev.nearside.proxy.config.NearsideConfig.Namespace;
import dev.nearside.proxy.config.NearsideConfig.WhenUnavailable;
import dev.nearside.proxy.config.NearsideConfig.WriteMode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The keys of a namespace, relative to {@code namespaces.NAME}, in the order shown. */
final class NamespaceKeys {
  static final String SECTION = "namespaces";
  private static final ValueType<Duration> TTL = ValueTypes.duration(Duration.ofMillis(1));

  static final Key<Namespace, String> KEYS =
      Key.optional(
          "keys",
          ValueTypes.text(
              "a key pattern", "for example prompt:{id:bigint}, session:{token} or rule:*"),
          "required",
          "The keys it is about: literal text with named parts `{part}`, typed for the database as"
              + " `{part:bigint}`, or a final `*`. The first namespace that matches a key wins.",
          Namespace::keys);

  static final Key<Namespace, Duration> L1_TTL =
      Key.optional(
          "l1-ttl",
          TTL,
          "`l1.max-ttl`",
          "Cap on the life of an entry in memory; not above `l1.max-ttl`.",
          Namespace::l1Ttl);

  static final Key<Namespace, Duration> L2_TTL =
      Key.optional(
          "l2-ttl",
          TTL,
          "required with a database",
          "Expiry given to values that are put into Redis from the database.",
          ofRead(Namespace::l2Ttl));

  static final Key<Namespace, Duration> NEGATIVE_TTL =
      Key.of(
          "negative-ttl",
          ValueTypes.duration(Duration.ZERO),
          "2s",
          "How long it is remembered that the database has no such row.",
          ofRead(Namespace::negativeTtl));

  static final Key<Namespace, Boolean> STRICT =
      Key.of(
          "strict",
          ValueTypes.BOOLEAN,
          "false",
          "Whether reads are linearizable: answered from memory only behind a round trip to Redis.",
          Namespace::strict);

  static final Key<Namespace, Duration> STALE_IF_ERROR =
      Key.of(
          "stale-if-error",
          ValueTypes.duration(Duration.ZERO),
          "0s",
          "How long, from the last moment at which memory was known to be true, it may answer while"
              + " Redis cannot be asked. The keys' own expiry holds all the same.",
          Namespace::staleIfError);

  static final Key<Namespace, List<String>> TAGS =
      Key.optional(
          "tags",
          ValueTypes.texts("a list of tags", "for example [\"account:{id}\", catalog]"),
          "none",
          "More tags of its keys, for `NEARSIDE.INVALIDATE TAG`, besides the namespace's name: text in"
              + " which `{part}` is that part of the key.",
          namespace -> namespace.tags().isEmpty() ? null : namespace.tags());

  static final Key<Namespace, String> QUERY =
      Key.optional(
          "database.query",
          ValueTypes.text("a query", "SQL that selects the rows of many keys at once"),
          "no database",
          "What a miss reads: SQL in which `:part` is the array of that part of all the keys asked"
              + " for, and whose result has a column for each part.",
          ofDatabase(read -> read.rows() instanceof DatabaseRows.Query query ? query.sql() : null));

  static final Key<Namespace, DatabaseRows.Table> TABLE =
      Key.optional(
          "database.table",
          ValueTypes.TABLE,
          "no database",
          "In place of a query: the table, view or foreign table that a miss reads,"
              + " `table` or `schema.table`. It has a column for each part of the key, named like the"
              + " part. Upper and lower case differ.",
          ofDatabase(read -> read.rows() instanceof DatabaseRows.Table table ? table : null));

  static final Key<Namespace, Boolean> STORE =
      Key.of(
          "database.store",
          ValueTypes.BOOLEAN,
          "false",
          "In place of a query or a table: whether its keys live in the long-term store, a table of"
              + " Nearside's own, which is made where it is missing. The whole key is the key there;"
              + " its parts and their types are not looked at.",
          ofDatabase(read -> read.rows() instanceof DatabaseRows.Store ? true : null));

  static final Key<Namespace, String> VALUE =
      Key.of(
          "database.value",
          ValueTypes.text("a column", "the name of a column of the result, or *"),
          "*",
          "The column that is the key's value, or `*` for the whole row as JSON.",
          ofDatabase(read -> read.rows() instanceof DatabaseRows.Store ? null : read.value()));

  static final Key<Namespace, WhenUnavailable> WHEN_UNAVAILABLE =
      Key.of(
          "database.when-unavailable",
          ValueTypes.choice("an answer", WhenUnavailable.class, Map.of()),
          "error",
          "What a miss answers while the database cannot be asked.",
          ofDatabase(DatabaseRead::whenUnavailable));

  static final Key<Namespace, WriteMode> WRITE =
      Key.of(
          "database.write",
          ValueTypes.choice("a way of writing", WriteMode.class, Map.of()),
          "aside",
          "What writes of its keys do: `aside`, change Redis only; `through`, change the row of"
              + " `database.table` or `database.store`, then Redis, and only then are answered;"
              + " `behind`, change Redis and an outbox there, are answered, and change the row later.",
          ofDatabase(DatabaseRead::write));

  static final Key<Namespace, Durability> DURABILITY =
      Key.of(
          "database.durability",
          ValueTypes.choice("a promise", Durability.class, Map.of()),
          "fsync",
          "What Redis has to promise for `database.write: behind`: `fsync`, an acknowledged write is"
              + " on its disk (`appendfsync always`) and is not evicted (no `allkeys-…`); `weaker`,"
              + " whatever its settings come to, which may lose acknowledged writes.",
          ofDatabase(read -> read.write() == WriteMode.BEHIND ? read.durability() : null));

  static final Key<Namespace, Integer> OUTBOX_LIMIT =
      Key.of(
          "database.outbox-limit",
          ValueTypes.wholeNumber(1, 100_000_000),
          "100000",
          "The most keys of `database.write: behind` that the database has not taken yet; beyond it"
              + " writes are refused.",
          ofDatabase(read -> read.write() == WriteMode.BEHIND ? read.outboxLimit() : null));

  static final List<Key<Namespace, ?>> ALL =
      List.of(
          KEYS,
          L1_TTL,
          L2_TTL,
          NEGATIVE_TTL,
          STRICT,
          STALE_IF_ERROR,
          TAGS,
          QUERY,
          TABLE,
          STORE,
          VALUE,
          WHEN_UNAVAILABLE,
          WRITE,
          DURABILITY,
          OUTBOX_LIMIT);

  /** The keys that say where rows are; a namespace has one of them, or none. */
  static final List<Key<Namespace, ?>> ROWS = List.of(QUERY, TABLE, STORE);

  /** The keys that do nothing unless there are rows. */
  static final List<Key<Namespace, ?>> ONLY_WITH_ROWS =
      List.of(L2_TTL, NEGATIVE_TTL, VALUE, WHEN_UNAVAILABLE, WRITE, DURABILITY, OUTBOX_LIMIT);

  private NamespaceKeys() {}

  /** Returns the prefix of the paths of a namespace's keys. */
  static String prefix(String name) {
    return SECTION + "." + name + ".";
  }

  private static <T> Function<Namespace, @Nullable T> ofRead(Function<Namespace, T> value) {
    return namespace -> namespace.read() == null ? null : value.apply(namespace);
  }

  private static <T> Function<Namespace, @Nullable T> ofDatabase(
      Function<DatabaseRead, @Nullable T> value) {
    return namespace -> {
      DatabaseRead read = namespace.read();
      return read == null ? null : value.apply(read);
    };
  }
}

package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Query;
import java.time.Duration;
import java.util.List;

/** The keys of a cached query, relative to {@code queries.NAME}, in the order shown. */
final class QueryKeys {
  static final String SECTION = "queries";
  private static final ValueType<Duration> TTL = ValueTypes.duration(Duration.ofMillis(1));

  static final Key<Query, String> SQL =
      Key.optional(
          "sql",
          ValueTypes.text("a query", "a SELECT in which :name stands for the argument name"),
          "required",
          "The statement: one SELECT, run in a transaction that only reads.",
          Query::sql);

  static final Key<Query, List<String>> ARGUMENTS =
      Key.optional(
          "arguments",
          ValueTypes.texts("a list of names", "for example [country, since]"),
          "none",
          "Its arguments in the order in which `NEARSIDE.QUERY` gives them. Each is bound to `:name`"
              + " as a parameter, whose type the database infers from its place.",
          query -> query.arguments().isEmpty() ? null : query.arguments());

  static final Key<Query, Duration> L1_TTL =
      Key.optional(
          "l1-ttl",
          TTL,
          "`l1.max-ttl`",
          "Cap on the life of a result in memory; not above `l1.max-ttl`.",
          Query::l1Ttl);

  static final Key<Query, Duration> L2_TTL =
      Key.optional(
          "l2-ttl",
          TTL,
          "required",
          "Expiry given to results that are put into Redis.",
          Query::l2Ttl);

  static final Key<Query, Boolean> STRICT =
      Key.of(
          "strict",
          ValueTypes.BOOLEAN,
          "false",
          "As of a namespace: whether memory answers only behind a round trip to Redis.",
          Query::strict);

  static final Key<Query, Duration> STALE_IF_ERROR =
      Key.of(
          "stale-if-error",
          ValueTypes.duration(Duration.ZERO),
          "0s",
          "As of a namespace: how long memory may answer while Redis cannot be asked.",
          Query::staleIfError);

  static final Key<Query, List<String>> TAGS =
      Key.optional(
          "tags",
          ValueTypes.texts("a list of tags", "for example [\"country:{country}\", orders]"),
          "none",
          "More tags of its results, for `NEARSIDE.INVALIDATE TAG`, besides `query:` and its name:"
              + " text in which `{name}` is that argument.",
          query -> query.tags().isEmpty() ? null : query.tags());

  static final Key<Query, Integer> MAX_ROWS =
      Key.of(
          "max-rows",
          ValueTypes.wholeNumber(1, 1_000_000),
          "1000",
          "A result of more rows is an error.",
          Query::maxRows);

  static final Key<Query, Integer> MAX_BYTES =
      Key.of(
          "max-bytes",
          ValueTypes.arraySize(1),
          "1MiB",
          "A larger result is an error, and never leaves the database. Above `l1.max-entry` it is"
              + " not held in memory.",
          Query::maxBytes);

  static final List<Key<Query, ?>> ALL =
      List.of(SQL, ARGUMENTS, L1_TTL, L2_TTL, STRICT, STALE_IF_ERROR, TAGS, MAX_ROWS, MAX_BYTES);

  private QueryKeys() {}

  /** Returns the prefix of the paths of a query's keys. */
  static String prefix(String name) {
    return SECTION + "." + name + ".";
  }
}

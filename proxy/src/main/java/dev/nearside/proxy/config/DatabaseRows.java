package dev.nearside.proxy.config;

import org.jspecify.annotations.Nullable;

/** Where the rows of a namespace are. Immutable. */
public sealed interface DatabaseRows {
  /**
   * They are what a statement of the namespace's own selects.
   *
   * @param sql SQL whose named parameters {@code :part} stand for <em>arrays</em> of the key's
   *     parts, one element a key: {@code SELECT id, body FROM prompt WHERE id = ANY(:id)}; its
   *     result has a column for each part, by which rows find their keys
   */
  record Query(String sql) implements DatabaseRows {}

  /**
   * They are a table's, which has a column for each part of the key, named like the part. Both
   * names are as the database has them: upper and lower case differ.
   *
   * @param schema its schema, or null for the first on the search path that has such a table
   * @param name its name
   */
  record Table(@Nullable String schema, String name) implements DatabaseRows {
    /** Returns whether both names may mean one table: equal, as far as both say. */
    public boolean mayBe(Table other) {
      return name.equals(other.name)
          && (schema == null || other.schema == null || schema.equals(other.schema));
    }

    @Override
    public String toString() {
      return schema == null ? name : schema + "." + name;
    }
  }

  /**
   * The value of a key is the whole result of a statement, as JSON; the key's parts are its
   * arguments.
   *
   * @param sql SQL whose named parameters {@code :argument} stand for them, one each
   * @param maxRows a result of more rows is refused
   * @param maxBytes a larger result is refused
   */
  record Result(String sql, int maxRows, int maxBytes) implements DatabaseRows {}

  /** They are in the long-term store, a table of Nearside's own, by their whole keys. */
  record Store() implements DatabaseRows {
    /** That table. */
    public static final Table TABLE = new Table("nearside", "entry");
  }
}

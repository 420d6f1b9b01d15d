package dev.nearside.proxy.capture;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the log of changes says, as {@link PgOutput} reads it. Immutable. */
sealed interface ChangeMessage {
  /**
   * A transaction that was committed begins.
   *
   * @param lsn where its commit is in the log
   * @param committedUs when it was, in microseconds since 1970, by the database's clock
   * @param xid the lower half of its number
   */
  record Begin(long lsn, long committedUs, int xid) implements ChangeMessage {}

  /**
   * It ends.
   *
   * @param lsn where its commit is in the log
   * @param endLsn where that ends
   */
  record Commit(long lsn, long endLsn) implements ChangeMessage {}

  /**
   * A column of a relation.
   *
   * @param identifies whether it is of the replica identity
   */
  record Column(String name, boolean identifies) {}

  /** What the rows of a table that follow look like. */
  record Relation(int oid, String schema, String name, List<Column> columns)
      implements ChangeMessage {
    /** Copies the list. */
    public Relation {
      columns = List.copyOf(columns);
    }

    @Override
    public String toString() {
      return schema + "." + name;
    }
  }

  /** A new row. */
  record Insert(int oid, Row row) implements ChangeMessage {}

  /**
   * A changed row.
   *
   * @param old what identified it before, where that was changed or all columns do; or null
   */
  record Update(int oid, @Nullable Row old, Row row) implements ChangeMessage {}

  /**
   * A row that is gone.
   *
   * @param old what identified it
   */
  record Delete(int oid, Row old) implements ChangeMessage {}

  /** All rows of some tables are gone. */
  record Truncate(List<Integer> oids) implements ChangeMessage {
    /** Copies the list. */
    public Truncate {
      oids = List.copyOf(oids);
    }
  }

  /** What is of no use here: types, origins, messages of applications. */
  record Other(char type) implements ChangeMessage {}
}

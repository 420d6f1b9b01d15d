package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.tier.Answer;
import dev.nearside.proxy.tier.Ticks;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How the rows of a namespace's keys are read, many in one statement. Immutable. */
interface RowsByKey {
  /**
   * Returns those of a namespace that has rows.
   *
   * @throws IllegalArgumentException as {@link NamedQuery#of}
   */
  static RowsByKey of(Namespace namespace, StoreLayout layout) {
    RowsByKey rows =
        namespace.keepsInStore()
            ? new StoreRows(namespace.template(), layout)
            : new BatchStatement(NamedQuery.of(namespace), namespace.template());
    return namespace.writesBehind() ? new RowsWithOutbox(rows, layout) : rows;
  }

  /**
   * Returns what stands for a key in a statement, equal for equal keys, or null where it is no key
   * of the namespace.
   */
  @Nullable List<Object> keyOf(byte[] name);

  /**
   * Returns the answer of each key that has a row.
   *
   * @param keys of {@link #keyOf}, each once
   * @param deadlineNanos when it is cancelled
   * @param ticks notices that
   */
  Map<List<Object>, Answer> run(
      Connection connection, List<List<Object>> keys, long deadlineNanos, Ticks ticks)
      throws SQLException;

  /** Asks the database whether it has such rows; throws where it does not say. */
  Fit fit(Connection connection) throws SQLException;
}

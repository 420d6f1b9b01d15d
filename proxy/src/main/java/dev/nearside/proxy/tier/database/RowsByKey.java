package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.config.DatabaseRows;
import dev.nearside.proxy.config.NearsideConfig;
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
        namespace.keepsInStore() ? new StoreRows(namespace.template(), layout) : read(namespace);
    return namespace.writesBehind() ? new RowsWithOutbox(rows, layout) : rows;
  }

  /** As {@link #of}, where they are not in the long-term store. */
  static RowsByKey read(Namespace namespace) {
    NearsideConfig.DatabaseRead read = namespace.read();
    return read != null && read.rows() instanceof DatabaseRows.Result result
        ? new ResultStatement(namespace, result)
        : new BatchStatement(NamedQuery.of(namespace), namespace.template());
  }

  /** Returns the most keys in one statement, where the configuration allows {@code maxBatch}. */
  default int mostKeys(int maxBatch) {
    return maxBatch;
  }

  /** Returns what the readers are told of a statement that failed for {@code reason}. */
  default Answer.Unavailable unavailable(SQLException failure, Answer.Reason reason) {
    return new Answer.Unavailable(reason);
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

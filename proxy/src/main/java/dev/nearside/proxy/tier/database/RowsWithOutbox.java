package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.tier.Answer;
import dev.nearside.proxy.tier.Ticks;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rows that are written behind: they fit only if the database can also say how far it has come.
 *
 * @param rows the same rows without that
 */
record RowsWithOutbox(RowsByKey rows, StoreLayout layout) implements RowsByKey {
  @Override
  public @Nullable List<Object> keyOf(byte[] name) {
    return rows.keyOf(name);
  }

  @Override
  public Map<List<Object>, Answer> run(
      Connection connection, List<List<Object>> keys, long deadlineNanos, Ticks ticks)
      throws SQLException {
    return rows.run(connection, keys, deadlineNanos, ticks);
  }

  @Override
  public int mostKeys(int maxBatch) {
    return rows.mostKeys(maxBatch);
  }

  @Override
  public Answer.Unavailable unavailable(SQLException failure, Answer.Reason reason) {
    return rows.unavailable(failure, reason);
  }

  @Override
  public Fit fit(Connection connection) throws SQLException {
    Fit fit = rows.fit(connection);
    if (fit.misfit() != null) {
      return fit;
    }
    Fit outbox = layout.fitOutbox(connection);
    return outbox.misfit() != null || fit.warning() == null ? outbox : fit;
  }
}

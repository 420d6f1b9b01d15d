package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.namespace.KeyTemplate;
import dev.nearside.proxy.tier.Answer;
import dev.nearside.proxy.tier.Ticks;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads keys in the long-term store. The parts of the key and their types mean nothing there: the
 * whole key is the key.
 *
 * <p>What has expired is absent, by the server's clock. The rest of a row's life is counted from
 * before the statement was sent, so that whatever it becomes here ends no later than the row.
 */
final class StoreRows implements RowsByKey {
  private static final Logger log = LoggerFactory.getLogger(StoreRows.class);
  static final String SELECT =
      """
      SELECT key, value, encoding,
        floor(extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint AS left_ms
      FROM nearside.entry
      WHERE key = ANY (?) AND (expires_at IS NULL OR expires_at > clock_timestamp())
      """;

  /** Far beyond what anything is held for, and well within what a clock of nanoseconds can say. */
  private static final long LONGEST_MS = TimeUnit.DAYS.toMillis(3_650);

  private final KeyTemplate template;
  private final StoreLayout layout;

  StoreRows(KeyTemplate template, StoreLayout layout) {
    this.template = template;
    this.layout = layout;
  }

  @Override
  public @Nullable List<Object> keyOf(byte[] name) {
    return template.matches(name, 0, name.length) ? List.of(ByteBuffer.wrap(name.clone())) : null;
  }

  @Override
  public Map<List<Object>, Answer> run(
      Connection connection, List<List<Object>> keys, long deadlineNanos, Ticks ticks)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SELECT);
        var _ = RunningStatement.watch(statement, deadlineNanos, ticks)) {
      byte[][] names = new byte[keys.size()][];
      for (int i = 0; i < names.length; i++) {
        names[i] = ((ByteBuffer) keys.get(i).getFirst()).array();
      }
      statement.setArray(1, connection.createArrayOf("bytea", names));
      long sentNs = System.nanoTime();
      Map<List<Object>, Answer> answers = new HashMap<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          answers.put(List.of(ByteBuffer.wrap(rows.getBytes(1))), answer(rows, sentNs));
        }
      }
      return answers;
    }
  }

  private static Answer answer(ResultSet rows, long sentNs) throws SQLException {
    long leftMs = rows.getLong(4);
    boolean expires = !rows.wasNull();
    try {
      byte[] value = new StoredValue(rows.getShort(3), rows.getBytes(2)).value();
      return new Answer.Hit(
          value, expires, sentNs + TimeUnit.MILLISECONDS.toNanos(Math.min(leftMs, LONGEST_MS)));
    } catch (IllegalArgumentException e) {
      log.error("a row of the long-term store cannot be read: {}", e.getMessage());
      return new Answer.Unavailable(Answer.Reason.ERROR);
    }
  }

  @Override
  public Fit fit(Connection connection) throws SQLException {
    return layout.fit(connection);
  }
}

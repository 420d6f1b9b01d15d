package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.coherence.Poll;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compares what clients were told with the rows, with each change the database has made of them,
 * and with what sidecars answer; while the clients are halted and the outbox is empty.
 */
final class Audit {
  private static final Duration ANSWERED_WITHIN = Duration.ofSeconds(30);

  private final Site site;
  private final Map<Long, WrittenKey> keys;
  private final Violations violations;
  private final long first;
  private long seen;
  private long applied;
  private int made;

  Audit(Site site, Load load, Violations violations) {
    this.site = site;
    this.first = load.first();
    this.keys = load.keys().stream().collect(Collectors.toMap(WrittenKey::id, Function.identity()));
    this.violations = violations;
  }

  void run() throws IOException, InterruptedException {
    made++;
    Map<Long, Long> rows = new HashMap<>();
    try (Connection connection = site.postgres().connect()) {
      readApplied(connection);
      readRows(connection, rows);
    } catch (SQLException e) {
      throw new IOException("PostgreSQL cannot be asked: " + e.getMessage(), e);
    }
    keys.forEach((id, key) -> key.check(rows.get(id), violations));
    long aside = site.putAside();
    if (aside > 0) {
      violations.add(aside + " writes were put aside");
    }
    for (Line each : Line.toEach(site)) {
      try (Line line = each) {
        compareAnswers(line, rows);
      }
    }
  }

  private void readApplied(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT n, id, body FROM applied WHERE n > ? AND id >= ? ORDER BY n")) {
      statement.setLong(1, seen);
      statement.setLong(2, first);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          seen = rows.getLong(1);
          WrittenKey key = keys.get(rows.getLong(2));
          if (key == null) {
            violations.add("a row " + rows.getLong(2) + " that nobody wrote");
          } else {
            key.applied(rows.getLong(3), violations);
          }
          applied++;
        }
      }
    }
  }

  private static void readRows(Connection connection, Map<Long, Long> into) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT id, body FROM note")) {
      while (rows.next()) {
        into.put(rows.getLong(1), rows.getLong(2));
      }
    }
  }

  private void compareAnswers(Line line, Map<Long, Long> rows)
      throws IOException, InterruptedException {
    for (WrittenKey key : keys.values()) {
      Long row = rows.get(key.id());
      Poll.until(
          "a sidecar answers",
          ANSWERED_WITHIN,
          () -> {
            compareAnswer(line, key, row);
            return true;
          });
    }
  }

  private void compareAnswer(Line line, WrittenKey key, @Nullable Long row) throws IOException {
    if (!line.isOpen()) {
      throw new IOException("it does not listen");
    }
    Answer answer = line.ask("GET", key.name());
    if (answer.kind() != Answer.Kind.ACKNOWLEDGED) {
      throw new IOException(answer.said());
    }
    if (!answer.said().equals(row == null ? "(nil)" : Long.toString(row))) {
      violations.add("%s: GET says %s, the row has %s".formatted(key.name(), answer.said(), row));
    }
  }

  /** Returns how many changes of rows it has seen. */
  long applied() {
    return applied;
  }

  /** Returns how often it was made. */
  int made() {
    return made;
  }
}

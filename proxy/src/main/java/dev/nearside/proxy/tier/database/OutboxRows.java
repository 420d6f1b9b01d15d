package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.strings.KeyState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/*
 * The row of an outbox in nearside.outbox is locked by whoever commits a batch, and by whoever
 * takes the drain over: the latter waits for what the former is about to commit, and what comes
 * later finds another epoch.
 */

/** What a drained outbox becomes in the database. Thread-safe; blocks. */
public final class OutboxRows {
  /** Needs the rights that a drain needs, and finds nothing. */
  static final String LOOK =
      "UPDATE nearside.outbox SET epoch = epoch WHERE batch = ANY (?) RETURNING epoch";

  private static final String TAKE_OVER =
      """
      INSERT INTO nearside.outbox AS o (name, epoch) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET epoch = greatest(o.epoch + 1, excluded.epoch)
      RETURNING home, epoch, batch
      """;
  private static final String COMMIT =
      "UPDATE nearside.outbox SET batch = ? WHERE name = ? AND epoch = ?";

  /**
   * Classes of errors that have to do with when, or with all rows alike: the same may be taken
   * later. Whatever else is said is about what was to be written.
   */
  private static final List<String> NOT_FOR_GOOD =
      List.of("08", "25", "28", "3D", "40", "42501", "42703", "42P", "53", "55", "57", "58", "XX");

  /**
   * What the database knows of a drain.
   *
   * @param home which database it is
   * @param epoch its number from now on
   * @param batch the batch that it has taken last, or null
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Taken(String home, long epoch, byte @Nullable [] batch) {}

  /** The database has not taken it, as far as that is known. */
  public static final class UntakenException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean isForGood;

    UntakenException(String why, boolean isForGood, SQLException cause) {
      super(why, cause);
      this.isForGood = isForGood;
    }

    /** Returns whether it never will, and surely has not. */
    public boolean isForGood() {
      return isForGood;
    }
  }

  private final Connections pool;
  private final Map<Namespace, StringRows> tables;
  private final Failures failures;

  /** Drains are many, and leave some of the connections to those whom clients wait for. */
  private final Semaphore turns;

  OutboxRows(Connections pool, Map<Namespace, StringRows> tables, Failures failures) {
    this.pool = pool;
    this.tables = tables;
    this.failures = failures;
    this.turns = new Semaphore(Math.max(1, pool.most() / 2));
  }

  /**
   * Takes over the drain of an outbox: no other drain commits anything from now on.
   *
   * @param name its own, one of those of {@code namespace}
   * @param above less than the epoch is to be: Redis may remember more than a database that was
   *     restored
   */
  public Taken takeOver(Namespace namespace, String name, long above) throws UntakenException {
    turns.acquireUninterruptibly();
    try (Connection connection = pool.take();
        PreparedStatement statement = connection.prepareStatement(TAKE_OVER)) {
      statement.setString(1, name);
      statement.setLong(2, above + 1);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        Taken taken = new Taken(row.getString(1), row.getLong(2), row.getBytes(3));
        connection.commit();
        return taken;
      }
    } catch (SQLException e) {
      throw untaken(namespace, e, false);
    } finally {
      turns.release();
    }
  }

  /**
   * Has each of {@code keys} hold its state, all or none; false where another has taken over.
   *
   * @param name that of the outbox
   * @param keys each once
   */
  public boolean commit(
      Namespace namespace,
      String name,
      long epoch,
      byte[] batch,
      List<byte[]> keys,
      List<KeyState> states)
      throws UntakenException {
    StringRows table = tables.get(namespace);
    if (table == null) {
      throw new IllegalArgumentException("a batch of " + namespace + ", which is not written");
    }
    turns.acquireUninterruptibly();
    try (Connection connection = pool.take()) {
      return commit(connection, name, epoch, batch, () -> table.write(connection, keys, states));
    } catch (SQLException e) {
      throw untaken(namespace, e, isForGood(e));
    } finally {
      turns.release();
    }
  }

  /** What fails with its connection. */
  private interface Statements {
    void run() throws SQLException;
  }

  private static boolean commit(
      Connection connection, String name, long epoch, byte[] batch, Statements writes)
      throws SQLException {
    try {
      boolean ours = isOurs(connection, name, epoch, batch);
      if (ours) {
        writes.run();
        connection.commit();
      } else {
        connection.rollback();
      }
      return ours;
    } catch (SQLException e) {
      Transactions.rollBack(connection);
      throw e;
    }
  }

  private static boolean isOurs(Connection connection, String name, long epoch, byte[] batch)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(COMMIT)) {
      statement.setBytes(1, batch);
      statement.setString(2, name);
      statement.setLong(3, epoch);
      return statement.executeUpdate() == 1;
    }
  }

  private static boolean isForGood(SQLException failure) {
    String state = Failures.stateOf(failure);
    boolean isAnswer = Failures.isAnswer(failure) || TableRows.SAID_HERE.contains(state);
    return isAnswer && NOT_FOR_GOOD.stream().noneMatch(state::startsWith);
  }

  /** Logs it, if its kind was quiet for a minute. */
  private UntakenException untaken(Namespace namespace, SQLException failure, boolean isForGood) {
    var _ = failures.note("write behind", namespace.name(), failure);
    return new UntakenException(Failures.saidOf(failure), isForGood, failure);
  }
}

package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.strings.RefusedWriteException;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.database.DatabaseWriter.Result.Failed;
import dev.nearside.proxy.tier.database.DatabaseWriter.Result.Refused;
import dev.nearside.proxy.tier.database.DatabaseWriter.Result.Written;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/*
 * A write is one transaction: the keys are locked, what they hold is read, the command is applied to
 * it, what has changed is written, and the time is looked at before the commit.
 *
 * The locks are advisory ones, of the keys' names, taken in order: a row that is not there cannot be
 * locked, and two who insert it at once, or ask whether it is there, must not pass each other. Rows
 * that are there are locked besides, against whoever writes them by SQL.
 */

/**
 * Writes strings to the database, on virtual threads. Thread-safe; never blocks its callers.
 * Whoever builds it closes it.
 */
public final class DatabaseWriter implements AutoCloseable {
  /** Hashed with each key's name, so that others' advisory locks are not ours. */
  private static final long LOCKS = 0x6e65617273696465L;

  private static final long FNV_BASIS = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  /** A deadlock, or a conflict of transactions, was rolled back: the same may succeed. */
  private static final int MOST_TRIES = 3;

  private static final String LOCK =
      "SELECT pg_advisory_xact_lock(key), floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
          + " FROM unnest(?) key";

  /**
   * A row to be written.
   *
   * @param namespace whose it is, one that is written
   * @param key its key, not to be changed
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Row(Namespace namespace, byte[] key) {}

  /** What a command makes of what rows hold. */
  @FunctionalInterface
  public interface Work {
    /**
     * Returns what they hold afterwards, in the same order; the same object where nothing changes.
     *
     * @param nowMs the database's time
     */
    List<KeyState> apply(List<KeyState> before, long nowMs) throws RefusedWriteException;
  }

  /** What became of a write. */
  public sealed interface Result {
    /**
     * It is committed.
     *
     * @param after what the rows hold now
     * @param nowMs the database's time
     * @param sinceNs a moment before that, by {@link System#nanoTime}
     */
    record Written(List<KeyState> after, long nowMs, long sinceNs) implements Result {}

    /**
     * Nothing was changed: the command is refused.
     *
     * @param why the error's code and text
     */
    record Refused(String why) implements Result {}

    /**
     * Nothing was changed, as far as that is known.
     *
     * @param isUnknown whether it may have been committed all the same
     * @param why what the database says, without any value, or what else it was
     */
    record Failed(Reason reason, boolean isUnknown, String why) implements Result {}
  }

  private final Connections pool;
  private final Map<Namespace, StringRows> tables;
  private final Failures failures;
  private final OutboxRows outbox;
  private final AtomicBoolean stopping = new AtomicBoolean();

  DatabaseWriter(Connections pool, Map<Namespace, StringRows> tables, Failures failures) {
    this.pool = pool;
    this.tables = Map.copyOf(tables);
    this.failures = failures;
    this.outbox = new OutboxRows(pool, this.tables, failures);
  }

  /** Returns what writes the batches of all outboxes, over the same connections. */
  public OutboxRows outbox() {
    return outbox;
  }

  /** Returns why {@code row} cannot hold {@code state}, or null where it can. */
  public @Nullable String refusal(Row row, KeyState state) {
    StringRows table = tables.get(row.namespace());
    return table == null ? "it is not written" : table.refusal(row.key(), state);
  }

  /** Reads what {@code rows} hold, as {@link #write} would find it, and changes nothing. */
  public CompletableFuture<Result> read(List<Row> rows, long deadlineNs) {
    return write(rows, (before, nowMs) -> before, deadlineNs);
  }

  /**
   * Writes; completes on a virtual thread, exceptionally only by a mistake of ours.
   *
   * @param rows each key once
   * @param deadlineNs by {@link System#nanoTime}: behind it no commit is begun
   */
  public CompletableFuture<Result> write(List<Row> rows, Work work, long deadlineNs) {
    CompletableFuture<Result> result = new CompletableFuture<>();
    if (stopping.get()) {
      result.complete(new Failed(Reason.STOPPING, false, "the sidecar is stopping"));
      return result;
    }
    List<Row> all = List.copyOf(rows);
    Thread.ofVirtual()
        .name("nearside-database-writer")
        .start(() -> {
          try {
            result.complete(write(all, work, deadlineNs, MOST_TRIES));
          } catch (RuntimeException | Error bug) { // the rim of this virtual thread
            result.completeExceptionally(bug);
          }
        });
    return result;
  }

  private Result write(List<Row> rows, Work work, long deadlineNs, int tries) {
    boolean committing = false;
    try (Connection connection = pool.take()) {
      Transaction transaction = new Transaction(connection, rows);
      try {
        Written written = transaction.apply(work);
        if (deadlineNs - System.nanoTime() <= 0) {
          connection.rollback();
          return new Failed(Reason.TIMEOUT, false, "there was no time left to commit");
        }
        committing = true;
        connection.commit();
        return written;
      } catch (RefusedWriteException refused) {
        connection.rollback();
        return new Refused(String.valueOf(refused.getMessage()));
      } catch (SQLException e) {
        if (!committing) {
          Transactions.rollBack(connection);
        }
        throw e;
      }
    } catch (SQLException e) {
      boolean again = !committing && Failures.isTransient(e) && tries > 1;
      return again && deadlineNs - System.nanoTime() > 0
          ? write(rows, work, deadlineNs, tries - 1)
          : failed(rows, e, committing && !Failures.isAnswer(e));
    }
  }

  private Failed failed(List<Row> rows, SQLException failure, boolean isUnknown) {
    Reason reason = failures.note("write", rows.getFirst().namespace().name(), failure);
    return new Failed(reason, isUnknown, Failures.saidOf(failure));
  }

  /** The rows of one write, in one transaction. */
  private final class Transaction {
    private final Connection connection;
    private final List<Row> rows;

    Transaction(Connection connection, List<Row> rows) {
      this.connection = connection;
      this.rows = rows;
    }

    Written apply(Work work) throws SQLException, RefusedWriteException {
      long sinceNs = System.nanoTime();
      long nowMs = lock();
      KeyState[] before = new KeyState[rows.size()];
      for (Part part : parts()) {
        List<KeyState> found = part.table.lock(connection, part.keys);
        for (int i = 0; i < found.size(); i++) {
          before[part.places.get(i)] = found.get(i).at(nowMs);
        }
      }
      List<KeyState> after = work.apply(List.of(before), nowMs);
      for (Part part : parts()) {
        write(part, before, after);
      }
      return new Written(after, nowMs, sinceNs);
    }

    @SuppressWarnings("ReferenceEquality") // the very object means: nothing has changed
    private void write(Part part, KeyState[] before, List<KeyState> after)
        throws SQLException, RefusedWriteException {
      List<byte[]> keys = new ArrayList<>();
      List<KeyState> states = new ArrayList<>();
      for (int i = 0; i < part.keys.size(); i++) {
        int place = part.places.get(i);
        KeyState state = after.get(place);
        if (state != before[place]) {
          String refusal = part.table.refusal(part.keys.get(i), state);
          if (refusal != null) {
            throw new RefusedWriteException(
                "ERR namespace %s: %s".formatted(part.namespace.name(), refusal));
          }
          keys.add(part.keys.get(i));
          states.add(state);
        }
      }
      if (!keys.isEmpty()) {
        part.table.write(connection, keys, states);
      }
    }

    /** Returns the database's time once all keys are ours. */
    private long lock() throws SQLException {
      Long[] locks =
          rows.stream().map(row -> hash(row.key())).sorted().distinct().toArray(Long[]::new);
      try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
        Array array = connection.createArrayOf("bigint", locks);
        statement.setArray(1, array);
        long nowMs = 0;
        try (ResultSet locked = statement.executeQuery()) {
          while (locked.next()) {
            nowMs = locked.getLong(2);
          }
        }
        return nowMs;
      }
    }

    private Collection<Part> parts() {
      Map<Namespace, Part> parts = new LinkedHashMap<>();
      for (int i = 0; i < rows.size(); i++) {
        Row row = rows.get(i);
        Part part = parts.computeIfAbsent(row.namespace(), this::partOf);
        part.keys.add(row.key());
        part.places.add(i);
      }
      return parts.values();
    }

    private Part partOf(Namespace namespace) {
      StringRows table = tables.get(namespace);
      if (table == null) {
        throw new IllegalArgumentException("a write of " + namespace + ", which is not written");
      }
      return new Part(namespace, table, new ArrayList<>(), new ArrayList<>());
    }
  }

  /** What is one namespace's of a write; places count in the whole. */
  private record Part(
      Namespace namespace, StringRows table, List<byte[]> keys, List<Integer> places) {}

  /** FNV-1a: keys that share it only wait for each other. */
  private static long hash(byte[] key) {
    long hash = FNV_BASIS ^ LOCKS;
    for (byte b : key) {
      hash = (hash ^ (b & 0xff)) * FNV_PRIME;
    }
    return hash;
  }

  /** Ends; what is under way has until its deadline, or is known to be lost with its connection. */
  @Override
  public void close() {
    stopping.set(true);
    pool.close();
  }
}

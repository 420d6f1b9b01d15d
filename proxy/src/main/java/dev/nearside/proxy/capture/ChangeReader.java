package dev.nearside.proxy.capture;

import dev.nearside.proxy.capture.ChangeMessage.Begin;
import dev.nearside.proxy.capture.ChangeMessage.Commit;
import dev.nearside.proxy.capture.ChangeMessage.Delete;
import dev.nearside.proxy.capture.ChangeMessage.Insert;
import dev.nearside.proxy.capture.ChangeMessage.Other;
import dev.nearside.proxy.capture.ChangeMessage.Relation;
import dev.nearside.proxy.capture.ChangeMessage.Truncate;
import dev.nearside.proxy.capture.ChangeMessage.Update;
import dev.nearside.proxy.namespace.Namespace;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes of the log's messages what is to be deleted: whole transactions, large ones in parts. What
 * a row holds is never used, only which keys it has. For one thread.
 */
final class ChangeReader {
  /** The most keys in one part. */
  static final int MOST_KEYS = 1_000;

  private final Captured captured;
  private final Map<Integer, CapturedTable> tables;
  private final Map<Integer, RowKeys> relations = new HashMap<>();
  private final Set<ByteBuffer> keys = new LinkedHashSet<>();
  private final Set<Namespace> flushed = new HashSet<>();
  private @Nullable Begin transaction;
  private long readLsn;

  /**
   * Creates one at the beginning of a log.
   *
   * @param tables the captured ones by their number in the database
   */
  ChangeReader(Captured captured, Map<Integer, CapturedTable> tables) {
    this.captured = captured;
    this.tables = Map.copyOf(tables);
  }

  /**
   * Takes the next message.
   *
   * @return what is to be deleted by now, or null where more is to come first
   * @throws UnfitTableException if it cannot be said any more which keys a change is about
   */
  @Nullable Changes take(ChangeMessage message) throws UnfitTableException {
    switch (message) {
      case Begin begin -> transaction = begin;
      case Relation relation -> learn(relation);
      case Insert insert -> add(insert.oid(), insert.row(), null);
      case Update update -> {
        Row old = update.old();
        if (old != null) {
          add(update.oid(), old, null);
        }
        add(update.oid(), update.row(), old);
      }
      case Delete delete -> add(delete.oid(), delete.old(), null);
      case Truncate truncate -> truncate.oids().forEach(this::flush);
      case Commit commit -> {
        return committed(commit);
      }
      case Other other -> {}
    }
    return keys.size() < MOST_KEYS ? null : taken(0);
  }

  private void learn(Relation relation) throws UnfitTableException {
    CapturedTable table = tables.get(relation.oid());
    if (table != null) {
      relations.put(relation.oid(), new RowKeys(captured, table, relation));
    }
  }

  private void add(int oid, Row row, @Nullable Row before) throws UnfitTableException {
    RowKeys relation = relations.get(oid);
    if (relation != null && !relation.give(row, before, key -> keys.add(ByteBuffer.wrap(key)))) {
      flush(oid);
    }
  }

  private void flush(int oid) {
    CapturedTable table = tables.get(oid);
    if (table != null) {
      flushed.addAll(table.namespaces());
    }
  }

  /** What was read before is not read again. */
  private @Nullable Changes committed(Commit commit) {
    boolean isNew = Long.compareUnsigned(commit.lsn(), readLsn) > 0;
    if (!isNew) {
      keys.clear();
      flushed.clear();
      return null;
    }
    readLsn = commit.lsn();
    return taken(commit.endLsn());
  }

  private Changes taken(long endLsn) {
    Begin begun = transaction;
    Changes changes =
        Changes.of(
            keys.stream().map(ByteBuffer::array).collect(Collectors.toList()),
            flushed,
            begun == null ? 0 : begun.xid(),
            begun == null ? 0 : begun.committedUs(),
            endLsn);
    keys.clear();
    flushed.clear();
    return changes;
  }
}

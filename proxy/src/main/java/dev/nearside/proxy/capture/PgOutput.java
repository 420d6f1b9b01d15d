package dev.nearside.proxy.capture;

import dev.nearside.proxy.capture.ChangeMessage.Begin;
import dev.nearside.proxy.capture.ChangeMessage.Column;
import dev.nearside.proxy.capture.ChangeMessage.Commit;
import dev.nearside.proxy.capture.ChangeMessage.Delete;
import dev.nearside.proxy.capture.ChangeMessage.Insert;
import dev.nearside.proxy.capture.ChangeMessage.Other;
import dev.nearside.proxy.capture.ChangeMessage.Relation;
import dev.nearside.proxy.capture.ChangeMessage.Truncate;
import dev.nearside.proxy.capture.ChangeMessage.Update;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a message of pgoutput, protocol version 1: PostgreSQL documentation, "Logical Replication
 * Message Formats". Takes any bytes; allocates no more than a small multiple of them.
 */
final class PgOutput {
  /** 2000-01-01, from which PostgreSQL counts, in microseconds since 1970. */
  private static final long EPOCH_US = 946_684_800_000_000L;

  private static final int MAX_COLUMNS = 1_664; // of a target list; a table has 1600 at most

  private final ByteBuffer in;

  private PgOutput(ByteBuffer in) {
    this.in = in;
  }

  /**
   * Returns the message in {@code in}, whose rows refer to its bytes.
   *
   * @throws BadMessageException if it is none, or bytes are left over
   */
  static ChangeMessage read(ByteBuffer in) throws BadMessageException {
    try {
      ChangeMessage message = new PgOutput(in).message();
      if (!(message instanceof Other) && in.hasRemaining()) {
        throw new BadMessageException(
            in.remaining() + " bytes behind " + message + "; expected none");
      }
      return message;
    } catch (BufferUnderflowException e) {
      throw new BadMessageException("a message that is cut off; expected more bytes");
    }
  }

  private ChangeMessage message() throws BadMessageException {
    char type = (char) (in.get() & 0xff);
    return switch (type) {
      case 'B' -> new Begin(in.getLong(), EPOCH_US + in.getLong(), in.getInt());
      case 'C' -> commit();
      case 'R' -> relation();
      case 'I' -> insert();
      case 'U' -> update();
      case 'D' -> delete();
      case 'T' -> truncate();
      case 'M', 'O', 'Y' -> new Other(type);
      default ->
          throw new BadMessageException(
              "a message of type " + (int) type + "; expected one of BCRIUDTMOY");
    };
  }

  /** {@code flags(1) lsn(8) end(8) time(8)}. */
  private Commit commit() {
    in.get();
    Commit commit = new Commit(in.getLong(), in.getLong());
    in.getLong();
    return commit;
  }

  /**
   * {@code oid(4) schema 0 name 0 identity(1) columns(2) {flags(1) name 0 type(4) modifier(4)}}.
   */
  private Relation relation() throws BadMessageException {
    int oid = in.getInt();
    String schema = string();
    String name = string();
    in.get();
    int count = count();
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean identifies = (in.get() & 1) != 0;
      columns.add(new Column(string(), identifies));
      in.getLong();
    }
    return new Relation(oid, schema.isEmpty() ? "pg_catalog" : schema, name, columns);
  }

  /** {@code oid(4) 'N' row}. */
  private Insert insert() throws BadMessageException {
    int oid = in.getInt();
    expect('N', in.get());
    return new Insert(oid, row());
  }

  /** {@code oid(4) [('K' | 'O') row] 'N' row}. */
  private Update update() throws BadMessageException {
    int oid = in.getInt();
    byte which = in.get();
    @Nullable Row old = null;
    if (which == 'K' || which == 'O') {
      old = row();
      which = in.get();
    }
    expect('N', which);
    return new Update(oid, old, row());
  }

  /** {@code oid(4) ('K' | 'O') row}. */
  private Delete delete() throws BadMessageException {
    int oid = in.getInt();
    byte which = in.get();
    if (which != 'O') {
      expect('K', which);
    }
    return new Delete(oid, row());
  }

  /** {@code relations(4) options(1) {oid(4)}}. */
  private Truncate truncate() throws BadMessageException {
    int count = in.getInt();
    in.get();
    if (count < 0 || count > in.remaining() / Integer.BYTES) {
      throw new BadMessageException("a TRUNCATE of " + count + " tables; expected fewer");
    }
    List<Integer> oids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      oids.add(in.getInt());
    }
    return new Truncate(oids);
  }

  /** {@code columns(2) {'n' | 'u' | ('t' | 'b') length(4) bytes}}. */
  private Row row() throws BadMessageException {
    int count = count();
    Row.Kind[] kinds = new Row.Kind[count];
    @Nullable ByteBuffer[] values = new ByteBuffer[count];
    for (int i = 0; i < count; i++) {
      byte kind = in.get();
      kinds[i] =
          switch (kind) {
            case 'n' -> Row.Kind.NULL;
            case 'u' -> Row.Kind.UNCHANGED;
            case 't' -> Row.Kind.TEXT;
            case 'b' -> Row.Kind.BINARY;
            default ->
                throw new BadMessageException(
                    "a column of kind " + kind + "; expected n, u, t or b");
          };
      if (kind == 't' || kind == 'b') {
        values[i] = value();
      }
    }
    return new Row(kinds, values);
  }

  private ByteBuffer value() throws BadMessageException {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new BadMessageException(
          "a value of " + length + " bytes; expected " + in.remaining() + " at most");
    }
    ByteBuffer value = in.slice(in.position(), length);
    in.position(in.position() + length);
    return value;
  }

  private int count() throws BadMessageException {
    int count = in.getShort();
    if (count < 0 || count > MAX_COLUMNS || count > in.remaining()) {
      throw new BadMessageException("a row of " + count + " columns; expected fewer");
    }
    return count;
  }

  private String string() {
    int start = in.position();
    int length = 0;
    while (in.get() != 0) {
      length++;
    }
    byte[] bytes = new byte[length];
    in.get(start, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void expect(char expected, byte found) throws BadMessageException {
    if (found != expected) {
      throw new BadMessageException("a byte " + found + " where " + expected + " was expected");
    }
  }
}

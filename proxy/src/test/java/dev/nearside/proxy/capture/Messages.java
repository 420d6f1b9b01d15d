package dev.nearside.proxy.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes messages of pgoutput byte by byte. */
final class Messages {
  /** Writes to a message. */
  @FunctionalInterface
  interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  private Messages() {}

  static byte[] message(char type, Writing rest) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      DataOutputStream out = new DataOutputStream(bytes);
      out.write(type);
      rest.to(out);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] begin(long lsn, long sinceMillenniumUs, int xid) {
    return message(
        'B',
        out -> {
          out.writeLong(lsn);
          out.writeLong(sinceMillenniumUs);
          out.writeInt(xid);
        });
  }

  static byte[] commit(long lsn, long endLsn) {
    return message(
        'C',
        out -> {
          out.write(0);
          out.writeLong(lsn);
          out.writeLong(endLsn);
          out.writeLong(0);
        });
  }

  /** Columns whose names begin with ! identify rows. */
  static byte[] relation(int oid, String schema, String name, String... columns) {
    return message(
        'R',
        out -> {
          out.writeInt(oid);
          string(out, schema);
          string(out, name);
          out.write('d');
          out.writeShort(columns.length);
          for (String column : columns) {
            boolean identifies = column.startsWith("!");
            out.write(identifies ? 1 : 0);
            string(out, identifies ? column.substring(1) : column);
            out.writeInt(25);
            out.writeInt(-1);
          }
        });
  }

  static byte[] insert(int oid, String... row) {
    return message(
        'I',
        out -> {
          out.writeInt(oid);
          out.write('N');
          row(out, row);
        });
  }

  static byte[] update(int oid, char which, String[] old, String... row) {
    return message(
        'U',
        out -> {
          out.writeInt(oid);
          if (old.length > 0) {
            out.write(which);
            row(out, old);
          }
          out.write('N');
          row(out, row);
        });
  }

  static byte[] delete(int oid, char which, String... old) {
    return message(
        'D',
        out -> {
          out.writeInt(oid);
          out.write(which);
          row(out, old);
        });
  }

  static byte[] truncate(int... oids) {
    return message(
        'T',
        out -> {
          out.writeInt(oids.length);
          out.write(1);
          for (int oid : oids) {
            out.writeInt(oid);
          }
        });
  }

  /** Of a row: {@code -} for null, {@code ~} for not told, else text. */
  private static void row(DataOutputStream out, String... row) throws IOException {
    out.writeShort(row.length);
    for (String value : row) {
      switch (value) {
        case "-" -> out.write('n');
        case "~" -> out.write('u');
        default -> {
          byte[] text = value.getBytes(UTF_8);
          out.write('t');
          out.writeInt(text.length);
          out.write(text);
        }
      }
    }
  }

  private static void string(DataOutputStream out, String text) throws IOException {
    out.write(text.getBytes(UTF_8));
    out.write(0);
  }
}

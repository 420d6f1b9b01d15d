package dev.nearside.proxy.scene;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;

/**
 * A message between PostgreSQL and a client: a byte for its type, its length as an int32 that
 * counts itself, its body. The first of a client has no type. PostgreSQL documentation, 54.7.
 */
final class PostgresMessage {
  /** Client: SQL gets a name. */
  static final char PARSE = 'P';

  /** Client: a portal, then the statement's name. */
  static final char BIND = 'B';

  /** Client: the portal that was bound. */
  static final char EXECUTE = 'E';

  /** Client: SQL, to be run at once. */
  static final char QUERY = 'Q';

  /** Server: what it says against a statement, or a connection. */
  static final char ERROR = 'E';

  private static final char NONE = 0;

  private final char type;
  private final byte[] body;

  private PostgresMessage(char type, byte[] body) {
    this.type = type;
    this.body = body;
  }

  /** Makes one of zero-terminated strings, and as many bytes of zero behind them. */
  static PostgresMessage of(char type, int zeros, String... strings) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (String string : strings) {
      body.writeBytes(string.getBytes(UTF_8));
      body.write(0);
    }
    body.writeBytes(new byte[zeros]);
    return new PostgresMessage(type, body.toByteArray());
  }

  /** Reads one. */
  static PostgresMessage read(DataInputStream from) throws IOException {
    return new PostgresMessage((char) from.readUnsignedByte(), body(from));
  }

  /** Reads the first one of a client. */
  static PostgresMessage readFirst(DataInputStream from) throws IOException {
    return new PostgresMessage(NONE, body(from));
  }

  private static byte[] body(DataInputStream from) throws IOException {
    int length = from.readInt() - Integer.BYTES;
    byte[] body = from.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("the end of a connection within a message");
    }
    return body;
  }

  /** Writes it; the caller flushes. */
  void write(DataOutputStream to) throws IOException {
    if (type != NONE) {
      to.writeByte(type);
    }
    to.writeInt(body.length + Integer.BYTES);
    to.write(body);
  }

  char type() {
    return type;
  }

  /** Returns the int32 with which it begins. */
  int code() {
    return (body[0] & 0xff) << 24
        | (body[1] & 0xff) << 16
        | (body[2] & 0xff) << 8
        | (body[3] & 0xff);
  }

  /** Returns one of the zero-terminated strings with which it begins. */
  String string(int index) {
    return text().split("\0", -1)[index];
  }

  /** Returns all of it, as if it were text. */
  String text() {
    return new String(body, UTF_8);
  }
}

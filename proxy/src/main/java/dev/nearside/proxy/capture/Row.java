package dev.nearside.proxy.capture;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a row as a change tells them, in the order of the relation. Immutable; its bytes
 * are those of the message.
 */
final class Row {
  /** What is told of a column. */
  enum Kind {
    NULL,
    /** Not told: a large value that the change has left as it was. */
    UNCHANGED,
    TEXT,
    BINARY
  }

  private final Kind[] kinds;
  private final @Nullable ByteBuffer[] values;

  /**
   * Creates one.
   *
   * @param values null where there is no value or it is not told
   */
  Row(Kind[] kinds, @Nullable ByteBuffer[] values) {
    this.kinds = kinds;
    this.values = values;
  }

  int size() {
    return kinds.length;
  }

  Kind kind(int column) {
    return kinds[column];
  }

  /** Returns a value as text, in UTF-8; empty where there is none. */
  byte[] text(int column) {
    ByteBuffer value = values[column];
    if (value == null) {
      return new byte[0];
    }
    byte[] text = new byte[value.remaining()];
    value.get(value.position(), text);
    return text;
  }
}

package dev.nearside.proxy.capture;

import java.nio.ByteBuffer;

/** Whatever a message is: it is read, or refused in one sentence, and no more is made of it. */
public final class PgOutputFuzz {
  private PgOutputFuzz() {}

  /** One input of the fuzzer: a message. */
  public static void fuzzerTestOneInput(byte[] data) {
    try {
      ChangeMessage message = PgOutput.read(ByteBuffer.wrap(data));
      int bytes = size(message);
      if (bytes > data.length) {
        throw new AssertionError(message + " holds " + bytes + " bytes of " + data.length);
      }
    } catch (BadMessageException refused) {
      if (String.valueOf(refused.getMessage()).isBlank()) {
        throw new AssertionError("refused without a word", refused);
      }
    }
  }

  private static int size(ChangeMessage message) {
    return switch (message) {
      case ChangeMessage.Insert insert -> size(insert.row());
      case ChangeMessage.Update update -> {
        Row old = update.old();
        yield size(update.row()) + (old == null ? 0 : size(old));
      }
      case ChangeMessage.Delete delete -> size(delete.old());
      case ChangeMessage.Relation relation -> relation.columns().size();
      case ChangeMessage.Truncate truncate -> truncate.oids().size();
      case ChangeMessage.Begin begin -> 0;
      case ChangeMessage.Commit commit -> 0;
      case ChangeMessage.Other other -> 0;
    };
  }

  private static int size(Row row) {
    int size = row.size();
    for (int i = 0; i < row.size(); i++) {
      size += row.text(i).length;
    }
    return size;
  }
}

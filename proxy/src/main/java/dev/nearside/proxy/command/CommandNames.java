package dev.nearside.proxy.command;

import dev.nearside.proxy.resp.Request;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/*
 * The hot path asks once per request which command a name is, so a name is compared as one long: its
 * first eight bytes, in upper case, in the low bytes of the long, read with a single load where the
 * buffer reaches that far. Only names longer than that look at their other bytes, and only when head
 * and length already agree. Open addressing, at most half full; nothing is allocated.
 */

/** An immutable map from the bytes of a name, in any case, to its command. */
final class CommandNames {
  private static final int HEAD_LENGTH = Long.BYTES;
  private static final long EACH_BYTE = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long FIBONACCI = 0x9E3779B97F4A7C15L;

  private final @Nullable Entry[] entries;
  private final int shift;

  /** {@code commands} by name in upper case, Latin-1. */
  CommandNames(Map<String, Command> commands) {
    int bits = Math.max(2, Integer.SIZE - Integer.numberOfLeadingZeros(commands.size()) + 1);
    entries = new Entry[1 << bits];
    shift = Long.SIZE - bits;
    commands.forEach((name, command) -> add(Entry.of(name, command)));
  }

  /** Returns the command that argument {@code arg} names, or null. */
  @Nullable Command find(Request request, int arg) {
    ByteBuf buffer = request.buffer();
    int start = request.argStart(arg);
    int length = request.argLength(arg);
    long head = head(buffer, start, length);
    int i = slot(head, length);
    for (Entry entry = entries[i]; entry != null; entry = entries[i]) {
      if (entry.head == head && entry.length == length && entry.tailIs(buffer, start)) {
        return entry.command;
      }
      i = (i + 1) & (entries.length - 1);
    }
    return null;
  }

  void forEach(Consumer<Command> action) {
    for (Entry entry : entries) {
      if (entry != null) {
        action.accept(entry.command);
      }
    }
  }

  private void add(Entry added) {
    int i = slot(added.head, added.length);
    while (entries[i] != null) {
      i = (i + 1) & (entries.length - 1);
    }
    entries[i] = added;
  }

  private int slot(long head, int length) {
    return (int) (((head ^ length) * FIBONACCI) >>> shift);
  }

  private static long head(ByteBuf buffer, int start, int length) {
    if (length >= HEAD_LENGTH) {
      return upperCase(buffer.getLong(start));
    }
    if (length > 0 && start + HEAD_LENGTH <= buffer.capacity()) {
      return upperCase(buffer.getLong(start) >>> (Long.SIZE - length * Byte.SIZE));
    }
    long head = 0;
    for (int i = 0; i < length; i++) {
      head = head << Byte.SIZE | (buffer.getByte(start + i) & 0xFF);
    }
    return upperCase(head);
  }

  /** Returns eight bytes with every ASCII lower-case letter among them in upper case. */
  private static long upperCase(long bytes) {
    long low = bytes & ~HIGH_BITS;
    long fromA = low + (0x80 - 'a') * EACH_BYTE;
    long beyondZ = low + (0x7F - 'z') * EACH_BYTE;
    long letters = (fromA ^ beyondZ) & ~bytes & HIGH_BITS;
    return bytes - (letters >>> 2);
  }

  private record Entry(long head, int length, String name, Command command) {
    static Entry of(String name, Command command) {
      long head = 0;
      for (int i = 0; i < Math.min(name.length(), HEAD_LENGTH); i++) {
        head = head << Byte.SIZE | name.charAt(i);
      }
      return new Entry(head, name.length(), name, command);
    }

    boolean tailIs(ByteBuf buffer, int start) {
      for (int i = HEAD_LENGTH; i < length; i++) {
        int b = buffer.getByte(start + i) & 0xFF;
        if ((b >= 'a' && b <= 'z' ? b - 0x20 : b) != name.charAt(i)) {
          return false;
        }
      }
      return true;
    }
  }
}

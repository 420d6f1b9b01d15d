package dev.nearside.proxy.command;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/*
 * *240
 *   *10                     one command; before Redis 7.0 *7
 *     $3 get                [0] name; a subcommand's is "client|id"
 *     :2                    [1] arity
 *     *2 +readonly +fast    [2] flags
 *     :1 :1 :1              [3] first key, [4] last key, [5] step
 *     *3 +@read ...         [6] ACL categories
 *     *0                    [7] tips
 *     *1 ...                [8] key specifications
 *     *0                    [9] subcommands, each like this
 */

/** Reads the reply of COMMAND, decoded to nested lists of byte arrays, strings and numbers. */
final class CommandReply {
  private static final int NAME = 0;
  private static final int ARITY = 1;
  private static final int FLAGS = 2;
  private static final int FIRST_KEY = 3;
  private static final int LAST_KEY = 4;
  private static final int STEP = 5;
  private static final int CATEGORIES = 6;
  private static final int SUBCOMMANDS = 9;

  private CommandReply() {}

  /**
   * Returns the commands told.
   *
   * @throws IllegalArgumentException if this is not what COMMAND replies
   */
  static List<Told> read(List<?> reply) {
    List<Told> commands = new ArrayList<>();
    for (Object element : reply) {
      if (element != null) {
        commands.add(command(list(element)));
      }
    }
    return commands;
  }

  private static Told command(List<?> element) {
    if (element.size() <= STEP) {
      throw new IllegalArgumentException(
          "COMMAND: expected at least 6 elements for a command, got " + element.size());
    }
    String name = text(element.get(NAME)).toUpperCase(Locale.ROOT).replace('|', ' ');
    int flags = bits(list(element.get(FLAGS)));
    if (element.size() > CATEGORIES) {
      flags |= bits(list(element.get(CATEGORIES)));
    }
    Signature signature =
        new Signature(
            name,
            number(element.get(ARITY)),
            flags,
            number(element.get(FIRST_KEY)),
            number(element.get(LAST_KEY)),
            number(element.get(STEP)));
    return new Told(
        signature, element.size() > SUBCOMMANDS ? read(list(element.get(SUBCOMMANDS))) : List.of());
  }

  private static int bits(List<?> words) {
    int bits = 0;
    for (Object word : words) {
      bits |= CommandFlag.bit(text(word));
    }
    return bits;
  }

  private static List<?> list(@Nullable Object element) {
    if (element instanceof Collection<?> collection) { // RESP3 has sets for some of them
      return new ArrayList<>(collection);
    }
    throw unexpected("a list", element);
  }

  private static String text(@Nullable Object element) {
    if (element instanceof byte[] bytes) {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
    if (element instanceof String string) {
      return string;
    }
    throw unexpected("a string", element);
  }

  private static int number(@Nullable Object element) {
    if (element instanceof Number number) {
      return number.intValue();
    }
    throw unexpected("a number", element);
  }

  private static IllegalArgumentException unexpected(String expected, @Nullable Object element) {
    String type = element == null ? "null" : element.getClass().getSimpleName();
    return new IllegalArgumentException("COMMAND: expected " + expected + ", got " + type);
  }

  /** One command as the upstream tells it. */
  record Told(Signature signature, List<Told> subcommands) {}
}

package dev.nearside.proxy.strings;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The arguments of one command, the name first, and how Redis reads them. */
final class Arguments {
  private static final int LONGEST_NUMBER = 20;

  private final List<byte[]> args;
  private final String command;

  Arguments(List<byte[]> args) {
    this.args = args;
    this.command = text(args.getFirst()).toLowerCase(Locale.ROOT);
  }

  /** Returns the command's name, in lower case. */
  String command() {
    return command;
  }

  int count() {
    return args.size();
  }

  byte[] get(int i) {
    return args.get(i);
  }

  /** Returns whether argument {@code i} is this word, in whatever case. */
  boolean is(int i, String word) {
    return i < args.size() && text(args.get(i)).equalsIgnoreCase(word);
  }

  /** Returns argument {@code i} as it reads. */
  String text(int i) {
    return text(args.get(i));
  }

  /** Returns every {@code step}th argument from {@code first} on. */
  List<byte[]> every(int step, int first) {
    List<byte[]> found = new ArrayList<>();
    for (int i = first; i < args.size(); i += step) {
      found.add(args.get(i));
    }
    return found;
  }

  /** Returns argument {@code i} as a whole number. */
  long number(int i) throws RefusedWriteException {
    return number(args.get(i));
  }

  /** Returns a whole number; Redis takes only what it would write itself. */
  static long number(byte[] bytes) throws RefusedWriteException {
    if (bytes.length == 0 || bytes.length > LONGEST_NUMBER) {
      throw RefusedWriteException.notAnInteger();
    }
    String text = text(bytes);
    try {
      long number = Long.parseLong(text);
      if (Long.toString(number).equals(text)) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below, as of any other text that is no such number
    }
    throw RefusedWriteException.notAnInteger();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}

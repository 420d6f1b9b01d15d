package dev.nearside.proxy.command;

import dev.nearside.proxy.resp.FuzzedRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Whatever an upstream replies to COMMAND: it is refused as such, or makes a table that finds each
 * of its commands and never points beyond a request's arguments.
 *
 * <p>The input is written so: {@code [} and {@code ]} are lists, {@code "get"} a string, {@code
 * 'get'} the same as bytes, {@code -1} a number, {@code _} null; other bytes part numbers.
 */
public final class CommandReplyFuzz {
  private static final int MOST_ARGS = 6;

  private CommandReplyFuzz() {}

  /** One input of the fuzzer. */
  public static void fuzzerTestOneInput(byte[] data) {
    List<?> reply = decoded(new String(data, StandardCharsets.ISO_8859_1));
    CommandTable table;
    try {
      table = CommandTable.of(reply);
    } catch (IllegalArgumentException refused) {
      return;
    }
    CommandReply.read(reply).forEach(told -> checkFound(table, told.signature().name()));
    table.commands().forEach(CommandReplyFuzz::checkKeys);
  }

  /** A name that no client can ask for may be anything. */
  private static void checkFound(CommandTable table, String name) {
    Command found = table.find(FuzzedRequest.of(List.of(name)).request());
    if (name.matches("[!-`{-~]+") && !found.name().equals(name)) {
      throw new AssertionError(name + " is not found, but " + found.name());
    }
  }

  private static void checkKeys(Command command) {
    List<String> args = new ArrayList<>(List.of(command.name().split(" ", 2)));
    while (args.size() <= MOST_ARGS) {
      KeyPositionsFuzz.checkKeys(command, FuzzedRequest.of(args));
      args.add("1");
    }
  }

  private static List<?> decoded(String text) {
    Deque<List<Object>> open = new ArrayDeque<>();
    open.push(new ArrayList<>());
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i++);
      int end = c == '"' || c == '\'' ? text.indexOf(c, i) : numberEnd(text, i);
      end = end < 0 ? text.length() : end;
      switch (c) {
        case '[' -> open.push(new ArrayList<>());
        case ']' -> close(open);
        case '_' -> open.element().add(null);
        case '"', '\'' -> {
          String word = text.substring(i, end);
          open.element().add(c == '"' ? word : word.getBytes(StandardCharsets.ISO_8859_1));
          i = end + 1;
        }
        case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> {
          open.element().add(number(text.substring(i - 1, end)));
          i = end;
        }
        default -> {}
      }
    }
    while (open.size() > 1) {
      close(open);
    }
    return open.pop();
  }

  private static void close(Deque<List<Object>> open) {
    if (open.size() > 1) {
      List<Object> closed = open.pop();
      open.element().add(closed);
    }
  }

  private static int numberEnd(String text, int from) {
    int end = from;
    while (end < text.length() && end - from < 17 && Character.isDigit(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static Long number(String digits) {
    return digits.equals("-") ? Long.valueOf(-1) : Long.valueOf(digits);
  }
}

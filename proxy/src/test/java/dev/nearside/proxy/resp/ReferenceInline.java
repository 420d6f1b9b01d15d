package dev.nearside.proxy.resp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Splits an inline request as {@code sdssplitargs} of Redis documents it, one character after the
 * other, on a string: what {@link InlineArguments} is compared with.
 */
final class ReferenceInline {
  private static final String ESCAPES = "nrtba";
  private static final String ESCAPED = "\n\r\t\b\u0007";

  private ReferenceInline() {}

  /** Returns the arguments of {@code line}, or null if its quotes are unbalanced. */
  static @Nullable List<String> split(String line) {
    List<String> args = new ArrayList<>();
    String rest = withoutBlanks(line);
    while (!rest.isEmpty()) {
      StringBuilder arg = new StringBuilder();
      int used = word(rest, arg);
      if (used < 0) {
        return null;
      }
      args.add(arg.toString());
      rest = withoutBlanks(rest.substring(used));
    }
    return args;
  }

  private static String withoutBlanks(String text) {
    return text.replaceFirst("^[ \\t\\n\\x0B\\f\\r]+", "");
  }

  /** Reads one argument; returns how many characters it took, or -1. */
  private static int word(String text, StringBuilder arg) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\'') {
        int close = quoted(text, i, c, arg);
        boolean ends = close >= 0 && text.substring(close).matches("(?s)(\\s.*)?");
        return ends ? close : -1;
      }
      if (" \n\r\t".indexOf(c) >= 0) {
        return i;
      }
      arg.append(c);
    }
    return text.length();
  }

  /** Reads from the quote at {@code open}; returns the index behind the closing one, or -1. */
  private static int quoted(String text, int open, char quote, StringBuilder arg) {
    int i = open + 1;
    while (i < text.length()) {
      String rest = text.substring(i);
      if (rest.charAt(0) == quote) {
        return i + 1;
      }
      if (quote == '"' && rest.matches("(?s)\\\\x[0-9a-fA-F]{2}.*")) {
        arg.append((char) Integer.parseInt(rest.substring(2, 4), 16));
        i += 4;
      } else if (quote == '"' && rest.matches("(?s)\\\\..*")) {
        int known = ESCAPES.indexOf(rest.charAt(1));
        arg.append(known < 0 ? rest.charAt(1) : ESCAPED.charAt(known));
        i += 2;
      } else if (rest.startsWith("\\'")) {
        arg.append('\'');
        i += 2;
      } else {
        arg.append(rest.charAt(0));
        i++;
      }
    }
    return -1;
  }
}

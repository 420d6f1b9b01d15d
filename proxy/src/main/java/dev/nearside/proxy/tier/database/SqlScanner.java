package dev.nearside.proxy.tier.database;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds {@code :name} in SQL, and nothing that only looks like it: strings ({@code 'a'}, {@code
 * E'a\''}, {@code $tag$a$tag$}), quoted identifiers, comments (nested {@code /* *}{@code /}) and
 * casts ({@code ::type}) are copied as they are. A {@code ?} outside of them is PostgreSQL's own
 * operator and is doubled, as its JDBC driver asks. Lexical rules: PostgreSQL documentation, 4.1.
 */
final class SqlScanner {
  private final String subject;
  private final String kind;
  private final String in;
  private final List<String> names;
  private final StringBuilder out = new StringBuilder();
  private final List<Integer> parameters = new ArrayList<>();
  private int at;
  private boolean ended; // behind the semicolon

  /**
   * Reads {@code query}.
   *
   * @param subject what complaints begin with
   * @param kind what each of {@code names} is
   * @param names what may be behind a colon
   */
  SqlScanner(String subject, String query, String kind, List<String> names) {
    this.subject = subject;
    this.kind = kind;
    this.in = query;
    this.names = names;
    while (at < in.length()) {
      step(in.charAt(at));
    }
    if (out.toString().isBlank()) {
      throw new IllegalArgumentException(subject + " is empty; expected a SELECT");
    }
  }

  /** Returns the SQL with {@code ?} for each parameter, without a semicolon. */
  String sql() {
    return out.toString();
  }

  /** Returns the index of the name behind each {@code ?}. */
  List<Integer> parameters() {
    return List.copyOf(parameters);
  }

  private void step(char c) {
    if (c == '-' && next() == '-') {
      int end = in.indexOf('\n', at);
      copyTo(end < 0 ? in.length() : end);
    } else if (c == '/' && next() == '*') {
      copyTo(endOfComment());
    } else if (Character.isWhitespace(c)) {
      copyTo(at + 1);
    } else if (ended) {
      throw error("has more than one statement; expected one SELECT");
    } else {
      token(c);
    }
  }

  private void token(char c) {
    switch (c) {
      case ';' -> {
        ended = true;
        at++;
      }
      case '\'' -> copyTo(endOfQuote('\'', isEscapeString()));
      case '"' -> copyTo(endOfQuote('"', false));
      case '$' -> copyTo(endOfDollarQuote());
      case '?' -> {
        out.append('?');
        copyTo(at + 1);
      }
      case ':' -> colon();
      default -> copyTo(at + 1);
    }
  }

  private void colon() {
    if (next() == ':' || next() == '=') {
      copyTo(at + 2);
      return;
    }
    int end = endOfName(at + 1);
    if (end == at + 1) {
      copyTo(end); // the slice of an array, a[1:2]
      return;
    }
    String name = in.substring(at + 1, end);
    int index = names.indexOf(name);
    if (index < 0) {
      String known = names.isEmpty() ? "none" : String.join(", ", names);
      throw error("names :" + name + "; expected " + kind + ": " + known);
    }
    parameters.add(index);
    out.append('?');
    at = end;
  }

  private void copyTo(int end) {
    out.append(in, at, end);
    at = end;
  }

  private char next() {
    return at + 1 < in.length() ? in.charAt(at + 1) : '\0';
  }

  private int endOfName(int from) {
    int end = from;
    while (end < in.length() && isNamePart(in.charAt(end), end == from)) {
      end++;
    }
    return end;
  }

  private static boolean isNamePart(char c, boolean first) {
    return c == '_' || Character.isLetter(c) || (!first && c >= '0' && c <= '9');
  }

  /** Whether the quote at {@code at} is that of {@code E'…'}, where a backslash escapes. */
  private boolean isEscapeString() {
    boolean marked = at > 0 && (in.charAt(at - 1) == 'E' || in.charAt(at - 1) == 'e');
    return marked && !(at > 1 && isIdentifierPart(in.charAt(at - 2)));
  }

  private static boolean isIdentifierPart(char c) {
    return c == '$' || isNamePart(c, false);
  }

  private int endOfQuote(char quote, boolean backslashEscapes) {
    for (int i = at + 1; i < in.length(); i++) {
      char c = in.charAt(i);
      boolean doubled = c == quote && i + 1 < in.length() && in.charAt(i + 1) == quote;
      if (doubled || (c == '\\' && backslashEscapes)) {
        i++;
      } else if (c == quote) {
        return i + 1;
      }
    }
    throw error("has a " + quote + " that is never closed; expected another " + quote);
  }

  private int endOfComment() {
    int depth = 0;
    for (int i = at; i + 1 < in.length(); i++) {
      if (in.startsWith("/*", i)) {
        depth++;
        i++;
      } else if (in.startsWith("*/", i)) {
        depth--;
        i++;
        if (depth == 0) {
          return i + 1;
        }
      }
    }
    throw error("has a /* that is never closed; expected */");
  }

  private int endOfDollarQuote() {
    int tagEnd = endOfName(at + 1);
    boolean insideName = at > 0 && isIdentifierPart(in.charAt(at - 1));
    if (insideName || tagEnd >= in.length() || in.charAt(tagEnd) != '$') {
      return at + 1;
    }
    String tag = in.substring(at, tagEnd + 1);
    int close = in.indexOf(tag, tagEnd + 1);
    if (close < 0) {
      throw error("has a " + tag + " that is never closed; expected another " + tag);
    }
    return close + tag.length();
  }

  private IllegalArgumentException error(String complaint) {
    return new IllegalArgumentException(subject + " " + complaint);
  }
}

package dev.nearside.proxy.parity;

import java.util.function.Consumer;
import java.util.regex.Pattern;

/** The parts of one whole reply: its head, and the elements of an aggregate one after the other. */
final class Elements {
  private final String reply;
  private final int count;
  private final int headEnd;
  private int at;

  Elements(String reply) {
    this.reply = reply;
    int line = lineEnd(0);
    this.count = countAt(0);
    this.headEnd = count == 0 ? reply.length() : line;
    this.at = line;
  }

  /** Returns how many elements it has; 0 if it is no aggregate. */
  int count() {
    return count;
  }

  /** Returns the first line of an aggregate, or the whole of anything else. */
  String header() {
    return reply.substring(0, headEnd);
  }

  /** Returns the next element, whole. */
  String next() {
    int from = at;
    at = end(from);
    return reply.substring(from, at);
  }

  /**
   * Returns an aggregate without what was pushed just before some element of it, as EXEC's own
   * messages are in RESP3.
   */
  static String withoutPushes(String reply, Pattern unasked, Consumer<String> pushed) {
    Elements elements = new Elements(reply);
    StringBuilder rest = new StringBuilder(elements.header());
    for (int i = 0; i < elements.count(); i++) {
      String element = elements.next();
      while (element.startsWith(">") && unasked.matcher(element).find()) {
        int end = new Elements(element).pushEnd();
        pushed.accept(element.substring(0, end));
        element = element.substring(end);
      }
      rest.append(element);
    }
    return rest.toString();
  }

  private int pushEnd() {
    int end = at;
    for (int i = count; i > 0; i--) {
      end = end(end);
    }
    return end;
  }

  private int end(int from) {
    int end = lineEnd(from);
    char type = reply.charAt(from);
    if (type == '$' || type == '=' || type == '!') {
      int length = number(from);
      return length < 0 ? end : end + length + 2;
    }
    for (int i = countAt(from); i > 0; i--) {
      end = end(end);
    }
    return type == '>' || type == '|' ? end(end) : end; // they go before what they belong to
  }

  private int countAt(int from) {
    return switch (reply.charAt(from)) {
      case '*', '~', '>' -> Math.max(0, number(from));
      case '%', '|' -> 2 * number(from);
      default -> 0;
    };
  }

  private int number(int from) {
    return Integer.parseInt(reply.substring(from + 1, lineEnd(from) - 2));
  }

  private int lineEnd(int from) {
    return reply.indexOf('\n', from) + 1;
  }
}

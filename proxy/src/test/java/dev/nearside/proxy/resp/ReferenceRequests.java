package dev.nearside.proxy.resp;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a client's bytes mean by the rules of Redis's {@code networking.c}, read from one string
 * that holds all of them: what {@link RequestParser} is compared with. Says it in the words of
 * {@link RequestFeed}.
 */
final class ReferenceRequests {
  private static final int MAX_LINE = 64 * 1024;
  private static final Pattern NUMBER = Pattern.compile("0|-?[1-9][0-9]{0,18}");
  private static final BigInteger MOST = BigInteger.valueOf(Long.MAX_VALUE - 1);
  private static final BigInteger LEAST = BigInteger.valueOf(Long.MIN_VALUE);

  private final String in;
  private final long maxBulk;
  private final int streamAbove;
  private final List<String> said = new ArrayList<>();
  private int at;
  private int lineEnd;
  private long number;

  private ReferenceRequests(byte[] bytes, long maxBulk, int streamAbove) {
    this.in = new String(bytes, StandardCharsets.ISO_8859_1);
    this.maxBulk = maxBulk;
    this.streamAbove = streamAbove;
  }

  /** Returns what {@link RequestFeed} says of a parser made with the same limits. */
  static List<String> transcript(byte[] bytes, long maxBulk, int streamAbove) {
    ReferenceRequests reference = new ReferenceRequests(bytes, maxBulk, streamAbove);
    boolean more = true;
    while (more && reference.at < reference.in.length()) {
      more = reference.in.charAt(reference.at) == '*' ? reference.multibulk() : reference.inline();
    }
    reference.said.add("unread " + (reference.in.length() - reference.at));
    return reference.said;
  }

  private boolean inline() {
    int end = find('\n', at);
    if (end < 0) {
      return tooLong(at) && refuse("too big inline request");
    }
    String line = in.substring(at, end);
    List<String> args =
        ReferenceInline.split(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
    if (args == null) {
      return refuse("unbalanced quotes in request");
    }
    at = end + 1;
    return said(args);
  }

  private boolean multibulk() {
    if (!lengthLine(at, '*')) {
      return false;
    }
    if (number > Integer.MAX_VALUE) {
      return refuse("invalid multibulk length");
    }
    if (number <= 0) {
      at = lineEnd;
      return said(List.of());
    }
    return arguments(number, lineEnd);
  }

  private boolean arguments(long count, int from) {
    List<String> args = new ArrayList<>();
    int next = from;
    for (long i = 0; i < count; i++) {
      if (!bulkLine(next)) {
        return false;
      }
      if (lineEnd - at + number + 2 > streamAbove) {
        return large(count, args);
      }
      int end = lineEnd + (int) number;
      if (end + 2 > in.length()) {
        return false;
      }
      args.add(in.substring(lineEnd, end));
      next = end + 2;
    }
    at = next;
    return said(args);
  }

  /** The argument whose length line has just been read is too much to be gathered. */
  private boolean large(long count, List<String> args) {
    said.add("large of " + count + shown(args));
    int start = at;
    long end = lineEnd + number + 2;
    for (long i = args.size() + 1L; i < count; i++) {
      at = (int) Math.min(end, in.length());
      if (end > in.length() || !bulkLine(at)) {
        return false;
      }
      end = lineEnd + number + 2;
    }
    at = (int) Math.min(end, in.length());
    return end <= in.length() && said.add("streamed " + in.substring(start, at));
  }

  private boolean bulkLine(int from) {
    return lengthLine(from, '$')
        && ((number >= 0 && number <= maxBulk) || refuse("invalid bulk length"));
  }

  /** Sets number and lineEnd; returns false where more is needed, or nothing helps any more. */
  private boolean lengthLine(int from, char type) {
    int end = find('\r', from);
    if (end < 0) {
      String what = type == '*' ? "too big mbulk count string" : "too big bulk count string";
      return tooLong(from) && refuse(what);
    }
    if (end + 1 == in.length()) {
      return false;
    }
    char first = in.charAt(from);
    if (first != type) {
      char shown = first == '\r' || first == '\n' ? ' ' : first;
      return refuse("expected '$', got '" + shown + "'");
    }
    Matcher digits = NUMBER.matcher(in.substring(from + 1, end));
    BigInteger value = digits.matches() ? new BigInteger(digits.group()) : MOST.add(BigInteger.TWO);
    if (value.compareTo(MOST) > 0 || value.compareTo(LEAST) < 0) {
      return refuse(type == '*' ? "invalid multibulk length" : "invalid bulk length");
    }
    number = value.longValueExact();
    lineEnd = end + 2;
    return true;
  }

  /** Returns where {@code last} stands in the line that begins there, unless a NUL hides it. */
  private int find(char last, int from) {
    int stop = Math.min(in.length(), from + MAX_LINE + 1);
    int found = in.substring(from, stop).indexOf(last);
    int hidden = in.substring(from, stop).indexOf('\0');
    return found < 0 || (hidden >= 0 && hidden < found) ? -1 : from + found;
  }

  private boolean tooLong(int from) {
    return in.length() - from > MAX_LINE;
  }

  private boolean refuse(String what) {
    said.add("-ERR Protocol error: " + what + "\r\n");
    at = in.length();
    return false;
  }

  private boolean said(List<String> args) {
    return said.add(args.isEmpty() ? "empty" : "request" + shown(args) + " as " + multibulk(args));
  }

  private static String shown(List<String> args) {
    StringBuilder text = new StringBuilder();
    args.forEach(arg -> text.append(" [").append(arg).append(']'));
    return text.toString();
  }

  private static String multibulk(List<String> args) {
    StringBuilder text = new StringBuilder("*" + args.size() + "\r\n");
    args.forEach(arg -> text.append("$" + arg.length() + "\r\n" + arg + "\r\n"));
    return text.toString();
  }
}

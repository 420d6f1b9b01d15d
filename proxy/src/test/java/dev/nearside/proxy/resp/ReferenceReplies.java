package dev.nearside.proxy.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the frames of an upstream's bytes end, by recursion over one string that holds all of them:
 * what {@link ReplyScanner} is compared with.
 */
final class ReferenceReplies {
  private static final Pattern LENGTH = Pattern.compile("(-?)([0-9]{1,18})");
  private static final Pattern BEGUN_LENGTH = Pattern.compile("-?|-?[0-9]{1,18}\\r?");

  /** Ends the reading of a frame: its bytes are not all there, or they are no reply. */
  private static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped(String why) {
      super(why, null, false, false);
    }
  }

  private final String in;
  private int at;

  private ReferenceReplies(byte[] bytes) {
    in = new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Returns each frame's end and type, and last "malformed" if what follows is no reply. */
  static List<String> ends(byte[] bytes) {
    ReferenceReplies reference = new ReferenceReplies(bytes);
    List<String> ends = new ArrayList<>();
    try {
      while (reference.at < bytes.length) {
        char type = reference.frame();
        ends.add(reference.at + " " + type);
      }
    } catch (Stopped stopped) {
      if (stopped.getMessage().equals("malformed")) {
        ends.add("malformed");
      }
    }
    return ends;
  }

  /** A reply or a push, which attributes may precede. */
  private char frame() {
    while (next() == '|') {
      at++;
      elements(2 * length());
    }
    char type = next();
    reply();
    return type;
  }

  /** An element of an aggregate: attributes and pushes before it are not counted. */
  private void element() {
    while (next() == '|' || next() == '>') {
      char type = in.charAt(at++);
      elements(type == '|' ? 2 * length() : length());
    }
    reply();
  }

  private void elements(long count) {
    for (long i = 0; i < count; i++) {
      element();
    }
  }

  private void reply() {
    char type = next();
    at++;
    switch (type) {
      case '+', '-', ':', '_', '#', ',', '(' -> line();
      case '$' -> nullOr('$');
      case '*' -> nullOr('*');
      case '=', '!' -> bulk(length());
      case '%' -> elements(2 * length());
      case '~', '>' -> elements(length());
      default -> throw new Stopped("malformed");
    }
  }

  private void nullOr(char type) {
    Matcher length = lengthLine();
    if (!length.group(1).isEmpty()) {
      expect(Long.parseLong(length.group(2)) == 1);
      return;
    }
    long count = Long.parseLong(length.group(2));
    if (type == '$') {
      bulk(count);
    } else {
      elements(count);
    }
  }

  private void bulk(long length) {
    String behind = at + length < in.length() ? in.substring((int) (at + length)) : "";
    expect(behind.startsWith("\r\n") || "\r\n".startsWith(behind));
    if (behind.length() < 2) {
      throw new Stopped("more");
    }
    at += (int) length + 2;
  }

  private void line() {
    int end = in.indexOf("\r\n", at);
    if (end < 0) {
      throw new Stopped("more");
    }
    at = end + 2;
  }

  private long length() {
    Matcher length = lengthLine();
    expect(length.group(1).isEmpty());
    return Long.parseLong(length.group(2));
  }

  private Matcher lengthLine() {
    int end = in.indexOf("\r\n", at);
    Matcher length = LENGTH.matcher(in.substring(at, Math.max(at, end)));
    if (end >= 0 && length.matches()) {
      at = end + 2;
      return length;
    }
    expect(BEGUN_LENGTH.matcher(in.substring(at)).matches());
    throw new Stopped("more");
  }

  private char next() {
    if (at == in.length()) {
      throw new Stopped("more");
    }
    return in.charAt(at);
  }

  private static void expect(boolean holds) {
    if (!holds) {
      throw new Stopped("malformed");
    }
  }
}

package dev.nearside.benchmarks.generator;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a reply must be, part by part.
 *
 * <pre>
 * $100\r\nvalue-   ########   KLf3…\r\n      :   ?   \r\n
 *     literal       number     literal    literal integer literal
 * </pre>
 */
final class ReplyPattern {
  /** Stands in the text where an integer goes that nobody can foretell. */
  static final String INTEGER = "?";

  private static final Pattern OTHERS =
      Pattern.compile(Pattern.quote(Numbers.PLACE) + "|" + Pattern.quote(INTEGER));

  /** The kinds of parts. */
  enum Part {
    /** These very bytes. */
    LITERAL,
    /** The digits of the request's number. */
    NUMBER,
    /** One decimal digit or more. */
    INTEGER
  }

  private final String text;
  private final Part[] parts;
  private final MemorySegment[] literals;

  /** Creates the pattern of a text in which number and integers have their places. */
  ReplyPattern(String text) {
    this.text = text;
    List<Part> kinds = new ArrayList<>();
    List<MemorySegment> bytes = new ArrayList<>();
    Matcher matcher = OTHERS.matcher(text);
    int from = 0;
    while (matcher.find()) {
      literal(text.substring(from, matcher.start()), kinds, bytes);
      kinds.add(matcher.group().equals(INTEGER) ? Part.INTEGER : Part.NUMBER);
      bytes.add(MemorySegment.NULL);
      from = matcher.end();
    }
    literal(text.substring(from), kinds, bytes);
    parts = kinds.toArray(Part[]::new);
    literals = bytes.toArray(MemorySegment[]::new);
  }

  private static void literal(String text, List<Part> kinds, List<MemorySegment> bytes) {
    if (text.isEmpty()) {
      return;
    }
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    MemorySegment segment = Arena.ofAuto().allocate(ascii.length);
    segment.copyFrom(MemorySegment.ofArray(ascii));
    kinds.add(Part.LITERAL);
    bytes.add(segment);
  }

  /** Returns how many parts there are. */
  int size() {
    return parts.length;
  }

  Part part(int i) {
    return parts[i];
  }

  /** Returns the bytes of a literal part. */
  MemorySegment literal(int i) {
    return literals[i];
  }

  /** Returns the whole reply to a request with this number, integers as {@link #INTEGER}. */
  String text(long digits) {
    return Numbers.fill(text, digits);
  }
}

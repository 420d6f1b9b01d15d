package dev.nearside.benchmarks.generator;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A request, or several that belong together, and what must come back; but for a number, fixed. */
final class Exchange {
  static final int INCREMENTS_OF_MULTI = 5;
  private static final String OK = "+OK\r\n";
  private static final String SCRIPT = "return redis.call('GET', KEYS[1])";

  private final byte[] request;
  private final int[] numbersAt;
  private final ReplyPattern reply;
  private final int reads;
  private final KeyFamily family;
  private @Nullable Exchange follower;

  private Exchange(String request, String reply, int reads, KeyFamily family) {
    this.request = request.getBytes(StandardCharsets.US_ASCII);
    this.numbersAt =
        IntStream.range(0, request.length())
            .filter(i -> request.startsWith(Numbers.PLACE, i))
            .toArray();
    this.reply = new ReplyPattern(reply);
    this.reads = reads;
    this.family = family;
  }

  static Exchange get(KeyFamily family, Values values) {
    return new Exchange(command("GET", family.pattern()), bulk(values.pattern()), 1, family);
  }

  static Exchange set(KeyFamily family, Values values) {
    return new Exchange(command("SET", family.pattern(), values.pattern()), OK, 0, family);
  }

  static Exchange incr() {
    return new Exchange(
        command("INCR", KeyFamily.COUNTER.pattern()),
        ":" + ReplyPattern.INTEGER + "\r\n",
        0,
        KeyFamily.COUNTER);
  }

  static Exchange eval(Values values) {
    String request = command("EVAL", SCRIPT, "1", KeyFamily.HOT.pattern());
    return new Exchange(request, bulk(values.pattern()), 0, KeyFamily.HOT);
  }

  /** MULTI, ten commands on ten keys, EXEC. */
  static Exchange multi(Values values) {
    StringBuilder request = new StringBuilder(command("MULTI"));
    for (int i = 0; i < INCREMENTS_OF_MULTI; i++) {
      request.append(command("INCR", KeyFamily.COUNTER.pattern() + "." + i));
      request.append(command("SET", KeyFamily.WRITTEN.pattern() + "." + i, values.pattern()));
    }
    request.append(command("EXEC"));
    int commands = 2 * INCREMENTS_OF_MULTI;
    String replies = (":" + ReplyPattern.INTEGER + "\r\n" + OK).repeat(INCREMENTS_OF_MULTI);
    String reply = OK + "+QUEUED\r\n".repeat(commands) + "*" + commands + "\r\n" + replies;
    return new Exchange(request.toString(), reply, 0, KeyFamily.COUNTER);
  }

  /** Lets another exchange follow on the same connection and with the same number; returns this. */
  Exchange then(Exchange next) {
    follower = next;
    return this;
  }

  /** Returns what follows once this is answered, or null where anything may. */
  @Nullable Exchange follower() {
    return follower;
  }

  /** Returns the length of the request. */
  int length() {
    return request.length;
  }

  /**
   * Writes the request.
   *
   * @param out little-endian, as {@link Numbers} are
   */
  void write(ByteBuffer out, long digits) {
    int start = out.position();
    out.put(request);
    for (int at : numbersAt) {
      out.putLong(start + at, digits);
    }
  }

  ReplyPattern reply() {
    return reply;
  }

  /** Returns how many GETs it has. */
  int reads() {
    return reads;
  }

  /** Returns whether its number is the next of the cold ones. */
  boolean isCold() {
    return family == KeyFamily.COLD;
  }

  /** Returns the keys of which it has one; MULTI has several like it. */
  KeyFamily family() {
    return family;
  }

  /** Returns the request with this number, for people. */
  String text(long digits) {
    return Numbers.fill(new String(request, StandardCharsets.US_ASCII), digits);
  }

  private static String command(String... words) {
    StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      text.append(bulk(word));
    }
    return text.toString();
  }

  private static String bulk(String text) {
    return "$" + text.length() + "\r\n" + text + "\r\n";
  }
}

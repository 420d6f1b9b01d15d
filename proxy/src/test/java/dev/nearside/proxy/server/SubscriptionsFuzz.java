package dev.nearside.proxy.server;

import dev.nearside.proxy.fuzz.FuzzInput;
import dev.nearside.proxy.resp.ReplyScanner;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whatever an upstream sends to a subscriber: confirmations and messages are told apart as a
 * pattern over the whole frame does, and after confirmations as Redis sends them their counts hold.
 */
public final class SubscriptionsFuzz {
  private static final Pattern CONFIRMATION =
      Pattern.compile(
          "(?s)[>*]3\\r\\n\\$\\d+\\r\\n(s?)(?:subscribe|unsubscribe)\\r\\n"
              + "(?:\\$[0-9]+\\r\\n.*|\\$-1|_)\\r\\n:(\\d{1,5})\\r\\n");
  private static final Pattern KIND = Pattern.compile("(?s)[^\\n]*\\n[^\\n]*\\n([a-z]+)\\r(.).*");

  private final Subscriptions subscriptions = new Subscriptions();
  private int total;
  private int shardTotal;
  private boolean exact = true;

  private SubscriptionsFuzz() {}

  /** One input of the fuzzer: frames, the last one perhaps not whole. */
  public static void fuzzerTestOneInput(byte[] data) {
    FuzzInput input = FuzzInput.of(data);
    SubscriptionsFuzz target = new SubscriptionsFuzz();
    byte[] sent = input.sent();
    ByteBuf in = Unpooled.wrappedBuffer(sent);
    ReplyScanner scanner = new ReplyScanner();
    int from = 0;
    while (from < sent.length) {
      int end = scanner.scan(in, from, sent.length);
      if (end < 0) {
        break;
      }
      target.frame(in.slice(from, end - from), input.cuts());
      from = end;
    }
  }

  private void frame(ByteBuf in, int[] cuts) {
    int length = in.readableBytes();
    String text = in.toString(StandardCharsets.ISO_8859_1);
    Matcher kind = KIND.matcher(text);
    String word = kind.matches() ? kind.group(1) : "";
    boolean confirms = word.matches("[ps]?subscribe|[ps]?unsubscribe");
    assertSame(confirms, subscriptions.isConfirmation(in, 0, length), "confirmation", text);
    boolean message = word.matches("[ps]?message");
    assertSame(message, subscriptions.isMessage(in, 0, length), "message", text);
    for (int cut : cuts) {
      if (cut < length) {
        new Subscriptions().note(in, cut, length); // the last piece of a long confirmation
      }
    }
    if (in.getByte(0) == '>' || in.getByte(0) == '*') {
      note(in, text, confirms);
    }
  }

  private void note(ByteBuf in, String text, boolean confirms) {
    boolean any = subscriptions.note(in, 0, in.readableBytes());
    Matcher confirmation = CONFIRMATION.matcher(text.replaceFirst("\\np", "\n"));
    exact &= confirmation.matches() || !confirms;
    if (confirmation.matches()) {
      int count = Integer.parseInt(confirmation.group(2));
      if (confirmation.group(1).isEmpty()) {
        total = count;
      } else {
        shardTotal = count;
      }
    }
    if (exact) {
      assertSame(total + shardTotal > 0, any, "any subscription", text);
    }
  }

  private static void assertSame(boolean expected, boolean actual, String what, String frame) {
    if (expected != actual) {
      throw new AssertionError(what + ": expected " + expected + " after " + frame);
    }
  }
}

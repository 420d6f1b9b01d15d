package dev.nearside.proxy.write;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.resp.Replies;
import org.jspecify.annotations.Nullable;

/** What a client is told of a write. */
public sealed interface WriteOutcome {
  /**
   * It was made, or was found to have nothing to change.
   *
   * @param reply as bytes of RESP, or null for nil
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  record Made(byte @Nullable [] reply) implements WriteOutcome {}

  /**
   * It is answered by an error.
   *
   * @param error its code and text
   */
  record Refused(String error) implements WriteOutcome {}

  /** Returns what came of two parts of one write, which reply OK or a number each. */
  default WriteOutcome and(WriteOutcome other) {
    if (this instanceof Made made && other instanceof Made too) {
      return new Made(sum(made.reply, too.reply));
    }
    Refused refused = (Refused) (this instanceof Refused ? this : other);
    return this instanceof Made || other instanceof Made
        ? new Refused("ERR some of the keys were written, of others: " + refused.error)
        : refused;
  }

  private static byte @Nullable [] sum(byte @Nullable [] one, byte @Nullable [] other) {
    if (one == null || other == null || one[0] != ':') {
      return one;
    }
    return Replies.integer(number(one) + number(other));
  }

  private static long number(byte[] reply) {
    return Long.parseLong(new String(reply, 1, reply.length - 3, US_ASCII));
  }
}

package dev.nearside.proxy.write;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.resp.Replies;
import java.util.List;
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
   * @param isUnknown whether it may have been made all the same
   */
  record Refused(String error, boolean isUnknown) implements WriteOutcome {
    /** One that was not made. */
    Refused(String error) {
      this(error, false);
    }
  }

  /**
   * Returns what came of a write whose parts, each of other keys, reply OK or a number each.
   * Nothing was written only where none of them was, and that is known.
   *
   * @param parts at least one
   */
  static WriteOutcome ofParts(List<WriteOutcome> parts) {
    List<Made> made = only(parts, Made.class);
    List<Refused> refused = only(parts, Refused.class);
    if (refused.isEmpty()) {
      return made.stream().reduce(WriteOutcome::sum).orElseThrow();
    }
    Refused worst =
        refused.stream().filter(Refused::isUnknown).findFirst().orElse(refused.getFirst());
    return made.isEmpty()
        ? worst
        : new Refused(
            "ERR some of the keys were written, of others: "
                + worst.error.substring(worst.error.indexOf(' ') + 1),
            true);
  }

  private static <T extends WriteOutcome> List<T> only(List<WriteOutcome> parts, Class<T> kind) {
    return parts.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private static Made sum(Made one, Made other) {
    if (one.reply == null || other.reply == null || one.reply[0] != ':') {
      return one;
    }
    return new Made(Replies.integer(number(one.reply) + number(other.reply)));
  }

  private static long number(byte[] reply) {
    return Long.parseLong(new String(reply, 1, reply.length - 3, US_ASCII));
  }
}

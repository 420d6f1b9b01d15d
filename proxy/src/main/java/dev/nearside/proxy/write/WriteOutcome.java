package dev.nearside.proxy.write;

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
}

package dev.nearside.proxy.strings;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command that writes strings, understood: given what its keys hold it says what they hold
 * afterwards, and what Redis would reply. Immutable, and free of any clock but the one it is given.
 */
public interface StringWrite {
  /**
   * What a command comes to.
   *
   * @param after what each key holds then, in the order of {@link #keys}; the very object that was
   *     there before, where nothing changes
   * @param reply as bytes of RESP, or null for nil, which each protocol writes in its own way
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  record Change(List<KeyState> after, byte @Nullable [] reply) {}

  /** Returns the keys it names, in its order; the same may stand there twice. */
  List<byte[]> keys();

  /** Returns whether it comes to the same whatever the keys hold. */
  boolean isBlind();

  /** Returns whether it is blind, and comes to the same at any time. */
  default boolean isTimeless() {
    return isBlind();
  }

  /**
   * Returns what some of its keys have of it, where it does to each key what it would do to that
   * alone, and replies with OK or with the sum of what it would reply then; null where it does not.
   *
   * @param places which of {@link #keys}
   */
  default @Nullable StringWrite part(List<Integer> places) {
    return null;
  }

  /**
   * Applies it.
   *
   * @param before what each key holds, in the order of {@link #keys}; equal names are one object
   * @param nowMs the time, in Unix time
   * @throws RefusedWriteException where Redis would reply an error, and change nothing
   */
  Change apply(List<KeyState> before, long nowMs) throws RefusedWriteException;
}

package dev.nearside.proxy.strings;

import org.jspecify.annotations.Nullable;

/**
 * What a key holds: a string, for a time or for good, or nothing. Immutable; the bytes are never
 * changed.
 *
 * @param value the string, or null where there is no such key
 * @param expiresAtMs when it ends, in Unix time, or {@link #NEVER}
 */
@SuppressWarnings("ArrayRecordComponent") // compared by who holds it, never by its bytes
public record KeyState(byte @Nullable [] value, long expiresAtMs) {
  /** The expiry of what does not end. */
  public static final long NEVER = -1;

  private static final KeyState ABSENT = new KeyState(null, NEVER);

  /** Returns the state of a key that does not exist. */
  public static KeyState absent() {
    return ABSENT;
  }

  /** Returns a string that does not end. */
  public static KeyState of(byte[] value) {
    return new KeyState(value, NEVER);
  }

  /** Returns whether there is such a key. */
  public boolean exists() {
    return value != null;
  }

  /** Returns the same string with another end. */
  public KeyState until(long otherMs) {
    return new KeyState(value, otherMs);
  }

  /** Returns what is there at {@code nowMs}: this, unless it has ended by then. */
  public KeyState at(long nowMs) {
    return expiresAtMs != NEVER && expiresAtMs <= nowMs ? ABSENT : this;
  }
}

package dev.nearside.proxy.strings;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How an expiry is given: in seconds or milliseconds, from now on or in Unix time. */
enum ExpiryTime {
  EX(1000, true),
  PX(1, true),
  EXAT(1000, false),
  PXAT(1, false);

  private final long millis;
  private final boolean relative;

  ExpiryTime(long millis, boolean relative) {
    this.millis = millis;
    this.relative = relative;
  }

  /** Returns the option that argument {@code i} is, or null. */
  static @Nullable ExpiryTime of(Arguments args, int i) {
    for (ExpiryTime each : values()) {
      if (args.is(i, each.name())) {
        return each;
      }
    }
    return null;
  }

  /** Returns the option of {@code EXPIRE}, {@code PEXPIREAT} and so on. */
  static ExpiryTime ofCommand(String command) {
    return switch (command.toUpperCase(Locale.ROOT)) {
      case "EXPIRE" -> EX;
      case "PEXPIRE" -> PX;
      case "EXPIREAT" -> EXAT;
      default -> PXAT;
    };
  }

  /**
   * Returns the moment, in Unix time, that is {@code number} at {@code nowMs}.
   *
   * @param positive whether only numbers above zero are taken, as SET does; EXPIRE deletes
   */
  long toUnixMs(long number, long nowMs, boolean positive, String command)
      throws RefusedWriteException {
    try {
      long given = Math.multiplyExact(number, millis);
      long momentMs = relative ? Math.addExact(given, nowMs) : given;
      if (!positive || (number > 0 && momentMs > 0)) {
        return momentMs;
      }
    } catch (ArithmeticException e) {
      // too far away: said below
    }
    throw RefusedWriteException.expiry(command);
  }
}

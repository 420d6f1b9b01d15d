package dev.nearside.proxy.tier;

import dev.nearside.proxy.namespace.Namespace;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long what was read may be held. Thread-safe.
 *
 * <p>It is counted from the moment the read was sent, and 0.05 % are taken off, so that no clock
 * here outlives the server's.
 */
final class Lifetime {
  private final long maxNs;

  /**
   * Creates the rule.
   *
   * @param max cap on the life of every entry
   */
  Lifetime(Duration max) {
    this.maxNs = max.toNanos();
  }

  /**
   * Returns when an entry expires.
   *
   * @param asOfNs a moment before which its read was certainly not executed
   * @param ttlMillis what PTTL said: negative for no expiry, or no key
   * @param maxAgeNs cap by what is known of the sidecar's own permission to read
   */
  long expiresAtNs(long asOfNs, long ttlMillis, @Nullable Namespace namespace, long maxAgeNs) {
    return asOfNs + Math.min(Math.min(capNs(namespace), maxAgeNs), ttlNs(ttlMillis));
  }

  /**
   * Returns when the absence of a row expires. Its marker's time counts from now on; the caps count
   * from the moment the read was sent, as those of any other entry do.
   *
   * @param absentNs for how long the marker may be remembered
   */
  long absentUntilNs(
      long asOfNs, long nowNs, long absentNs, @Nullable Namespace namespace, long maxAgeNs) {
    long mostNs = Math.min(capNs(namespace), maxAgeNs);
    return nowNs + Math.min(absentNs, Math.max(0, mostNs - (nowNs - asOfNs)));
  }

  /** Returns whether the key itself expires before the cap, so that to read it again is no use. */
  boolean isBoundByTtl(long ttlMillis, @Nullable Namespace namespace) {
    return ttlNs(ttlMillis) < capNs(namespace);
  }

  /** Returns whether GET and PTTL after it saw the same key: neither created nor gone between. */
  static boolean isOfOneMoment(byte @Nullable [] value, long ttlMillis) {
    return (value == null) == (ttlMillis == -2);
  }

  private long capNs(@Nullable Namespace namespace) {
    return namespace == null ? maxNs : Math.min(maxNs, namespace.l1TtlNanos());
  }

  private static long ttlNs(long ttlMillis) {
    return ttlMillis < 0 ? Long.MAX_VALUE : TimeUnit.MILLISECONDS.toNanos(ttlMillis) / 2000 * 1999;
  }
}

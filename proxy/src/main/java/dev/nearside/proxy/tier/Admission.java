package dev.nearside.proxy.tier;

import dev.nearside.proxy.coherence.Churn;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which keys may be brought into L1. Thread-safe, fixed size; what it remembers is approximate, and
 * errs by holding a key a request sooner or later.
 *
 * <p>To hold a key costs Redis memory until it changes, and a push when it does. So a key is held
 * from its second request on, and not at all while that would not pay: its value is too large, it
 * is a lock, or it changes more often than it is served.
 */
final class Admission {
  /** What stands against holding a key. */
  enum Refusal {
    /** Its last value was larger than an entry may be. */
    TOO_LARGE,
    /** It is written with NX. */
    LOCK,
    /** It was invalidated again and again before it was served. */
    CHURNING,
    /** It was not asked for before, lately. */
    FIRST_REQUEST
  }

  private static final Duration MEMORY = Duration.ofMinutes(2);

  /** Large values and locks are few; of keys asked for once, many come between a key's reads. */
  private static final long FEW = 1 << 15;

  private static final long L1_BYTES_PER_KEY = 1024;

  private final int configuredBytes;
  private final boolean atOnce;
  private final boolean skipsChurning;
  private final Churn churn;
  private final RecentKeys asked;
  private final RecentKeys large = new RecentKeys(MEMORY, FEW);
  private final RecentKeys locks = new RecentKeys(MEMORY, FEW);
  private volatile int maxBytes;

  /**
   * Creates an empty memory.
   *
   * @param maxBytes larger replies are never held
   * @param window a key is held on its second request within this time; zero holds it at once
   * @param skipsChurning whether what is invalidated more often than served is not held
   * @param l1Bytes the size of L1, for which it remembers keys enough
   */
  Admission(int maxBytes, Duration window, boolean skipsChurning, Churn churn, long l1Bytes) {
    this.configuredBytes = maxBytes;
    this.maxBytes = maxBytes;
    this.atOnce = window.isZero();
    this.skipsChurning = skipsChurning;
    this.churn = churn;
    this.asked = new RecentKeys(window, l1Bytes / L1_BYTES_PER_KEY);
  }

  /**
   * Returns what stands against bringing the key with this hash in by this request, or null, and
   * remembers the request.
   *
   * @param dear whether its first request is worth it already, because a read is dear
   */
  @Nullable Refusal asked(int keyHash, boolean dear, long nowNs) {
    Refusal refusal = refusal(keyHash, dear, nowNs);
    if (refusal == Refusal.FIRST_REQUEST) {
      asked.mark(keyHash, nowNs);
    }
    return refusal;
  }

  /** Returns whether the key with this hash was asked for before, lately; or need not have been. */
  boolean wasAsked(int keyHash, long nowNs) {
    return atOnce || asked.contains(keyHash, nowNs);
  }

  /** As {@link #wasAsked}, and remembers this request. */
  boolean isAskedAgain(int keyHash, long nowNs) {
    boolean before = wasAsked(keyHash, nowNs);
    if (!before) {
      asked.mark(keyHash, nowNs);
    }
    return before;
  }

  /** Returns what stands against the key with this hash now, or null; remembers nothing. */
  @Nullable Refusal refusal(int keyHash, boolean dear, long nowNs) {
    if (large.contains(keyHash, nowNs)) {
      return Refusal.TOO_LARGE;
    }
    if (locks.contains(keyHash, nowNs)) {
      return Refusal.LOCK;
    }
    if (skipsChurning && churn.isHeldInVain(keyHash)) {
      return Refusal.CHURNING;
    }
    return atOnce || dear || asked.contains(keyHash, nowNs) ? null : Refusal.FIRST_REQUEST;
  }

  /** Lowers or restores the largest reply that is held, never above the configured one. */
  void limitBytes(int bytes) {
    maxBytes = Math.min(bytes, configuredBytes);
  }

  /** Returns the largest reply that is held now. */
  int maxBytes() {
    return maxBytes;
  }

  /**
   * Returns whether a reply of this length may be held; where not, its key is not admitted again
   * for a while: pushes must not wait behind it.
   */
  boolean admitsReply(int keyHash, int length, long nowNs) {
    if (length <= maxBytes) {
      return true;
    }
    large.mark(keyHash, nowNs);
    return false;
  }

  /** A read of the key was not answered, maybe since it is so large. */
  void mayBeLarge(int keyHash, long nowNs) {
    large.mark(keyHash, nowNs);
  }

  /** The key is written with NX, as a lock is. */
  void lock(int keyHash, long nowNs) {
    locks.mark(keyHash, nowNs);
  }
}

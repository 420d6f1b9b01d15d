package dev.nearside.proxy.tier.redis;

import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** What one look at a key and its lease has shown. */
public sealed interface Look {
  /** Redis has the value. The array is the receiver's. */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared; a copy would cost a value
  record Value(byte[] value) implements Look {}

  /**
   * The row is known to be absent.
   *
   * @param millis for how long; 0 where it may be told, but not remembered
   * @param watched returns whether a change of that would still be told; to be asked by whoever
   *     remembers it, after he has put down what that change would take away
   */
  record Absent(long millis, BooleanSupplier watched) implements Look {
    /** Nobody would tell of a change. */
    static final Absent UNWATCHED = new Absent(0, () -> false);
  }

  /**
   * Somebody holds the lease.
   *
   * @param token what its holder calls it
   * @param millis when to look again if nothing is said until then
   * @param changed completed when the lease or the key has changed, or that would not be noticed;
   *     whoever waits no more completes it as well
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  record Held(byte[] token, long millis, CompletableFuture<Wake> changed) implements Look {}

  /** There is neither a value nor a lease. */
  record Free() implements Look {}

  /** Redis has not answered, or with an error. */
  record Unknown() implements Look {}

  /** What ended a wait. */
  enum Wake {
    /** The upstream said that the lease or the key changed. */
    PUSH,
    /** The lease must have expired, or it is time to ask again. */
    TIMER,
    /** The read's time is over. */
    DEADLINE,
    /** The connection that would have said it is gone. */
    LOST
  }
}

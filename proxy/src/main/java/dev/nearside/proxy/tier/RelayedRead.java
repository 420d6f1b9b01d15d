package dev.nearside.proxy.tier;

import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.tier.Answer.Reason;
import org.jspecify.annotations.Nullable;

/**
 * One relayed read of Redis that the database can stand in for, under the breaker and bulkhead of
 * Redis. Confined to the event loop that began it.
 */
public final class RelayedRead {
  private final Guard guard;
  private final @Nullable Reason refusal;
  private final long since;
  private boolean ended;

  RelayedRead(Guard guard) {
    this.guard = guard;
    this.refusal = guard.acquire();
    this.since = guard.now();
    this.ended = refusal != null;
  }

  /** Returns whether Redis has failed so often lately that it should not be asked now. */
  public boolean isBreakerOpen() {
    return refusal == Reason.BREAKER_OPEN;
  }

  /** Nobody waits for its end any more as for that of others: it counts neither way. */
  public void abandoned() {
    if (!ended) {
      ended = true;
      guard.release();
    }
  }

  /** Counts how the read ended; once, later calls do nothing. */
  public void ended(boolean answered) {
    if (ended) {
      return;
    }
    ended = true;
    if (answered) {
      guard.succeeded(since);
    } else {
      guard.failed(since);
    }
  }
}

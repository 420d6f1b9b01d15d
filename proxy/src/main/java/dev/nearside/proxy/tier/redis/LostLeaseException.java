package dev.nearside.proxy.tier.redis;

/** Somebody else drains by now, or has done so meanwhile. */
public final class LostLeaseException extends Exception {
  private static final long serialVersionUID = 1L;

  private final long epoch;

  LostLeaseException(long epoch) {
    super("another drains by now");
    this.epoch = epoch;
  }

  /** Creates one that knows nothing of who it is. */
  public LostLeaseException() {
    this(0);
  }

  /** Returns the epoch of whoever it is, or less: who drains next needs a higher one. */
  public long epoch() {
    return epoch;
  }
}

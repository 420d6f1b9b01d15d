package dev.nearside.proxy.tier.redis;

/** Redis was not even asked: there is no connection, or it has not answered others for too long. */
public final class UnsentException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  UnsentException(String why) {
    super(why);
  }

  /** Returns whether {@code failure} is one. */
  public static boolean is(Throwable failure) {
    return Leases.unwrap(failure) instanceof UnsentException;
  }
}

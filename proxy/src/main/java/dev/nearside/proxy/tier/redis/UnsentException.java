package dev.nearside.proxy.tier.redis;

import io.lettuce.core.RedisCommandExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Redis has done nothing: there is no connection, it has not answered others for too long, or
 * another node of the cluster is the one to ask, now or in a moment.
 */
public final class UnsentException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  UnsentException(String why) {
    super(why);
  }

  /** Returns whether {@code failure} is one. */
  public static boolean is(Throwable failure) {
    return Leases.unwrap(failure) instanceof UnsentException;
  }

  /** Returns one where {@code failure} is a node's word that another is to be asked, else null. */
  static @Nullable UnsentException ofRedirect(Throwable failure) {
    return Leases.unwrap(failure) instanceof RedisCommandExecutionException said
            && ClusterNode.isElsewhere(String.valueOf(said.getMessage()))
        ? new UnsentException(String.valueOf(said.getMessage()))
        : null;
  }
}

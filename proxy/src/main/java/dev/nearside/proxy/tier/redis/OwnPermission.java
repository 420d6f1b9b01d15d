package dev.nearside.proxy.tier.redis;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the sidecar's own user may at the upstream, as far as that can be known. Of one tracked
 * connection; thread-safe; asked from any thread, at any time.
 */
public final class OwnPermission {
  private static final Set<String> OF_MGET = Set.of("@all", "@read", "@string", "@fast");

  /** The categories that Redis 6 and 7 have and MGET is not in. */
  private static final Set<String> NOT_OF_MGET =
      Set.of(
          "@keyspace",
          "@write",
          "@set",
          "@sortedset",
          "@list",
          "@hash",
          "@bitmap",
          "@hyperloglog",
          "@geo",
          "@stream",
          "@pubsub",
          "@admin",
          "@slow",
          "@blocking",
          "@dangerous",
          "@connection",
          "@transaction",
          "@scripting");

  private record Knowledge(boolean known, boolean mget, boolean unrestricted) {}

  private static final Knowledge NOTHING = new Knowledge(false, false, false);
  private static final Knowledge NO_ACL = new Knowledge(true, false, false);

  private final long ttlNs;
  private volatile Knowledge knowledge = NOTHING;

  OwnPermission(Duration ttl) {
    this.ttlNs = ttl.toNanos();
  }

  /**
   * Returns whether the tracked connection watches the permissions: a change of them ends its
   * generation within {@code coherence.permission-ttl}. If not, entries must not outlive {@link
   * #maxAgeNs}.
   */
  public boolean isKnown() {
    return knowledge.known;
  }

  /**
   * Returns the most that an entry may live after the tracked read that brought it was sent, in ns:
   * {@link Long#MAX_VALUE} where permissions are watched.
   */
  public long maxAgeNs() {
    return knowledge.known ? Long.MAX_VALUE : ttlNs;
  }

  /** Returns whether it is certain that the user may run MGET, on whatever keys it may read. */
  public boolean allowsMget() {
    return knowledge.mget;
  }

  /** Returns whether it is certain that the user may run every command on every key. */
  boolean isUnrestricted() {
    return knowledge.unrestricted;
  }

  /** A link begins: nothing is known. */
  void forgotten() {
    knowledge = NOTHING;
  }

  /** The upstream has no ACL: nothing can be taken away. */
  void withoutAcl() {
    knowledge = NO_ACL;
  }

  /** Takes what ACL GETUSER says. */
  void known(Told user) {
    boolean simple = !(user.field("selectors") instanceof List<?> all && !all.isEmpty());
    String commands = String.valueOf(user.field("commands"));
    boolean everything = commands.equals("+@all") && isEveryKey(user.field("keys"));
    knowledge = new Knowledge(true, simple && allowsMget(commands), simple && everything);
  }

  /** Redis 7 says patterns in one word, Redis 6 in a list. */
  private static boolean isEveryKey(@Nullable Object patterns) {
    return "~*".equals(patterns) || List.of("*").equals(patterns);
  }

  /** Applies the rules in their order, as Redis does; what is not clear takes it away. */
  static boolean allowsMget(String rules) {
    boolean allowed = false;
    for (String rule : rules.split(" ", -1)) {
      if (rule.length() > 1) {
        allowed = after(rule.charAt(0) == '+', rule.substring(1), allowed);
      }
    }
    return allowed;
  }

  private static boolean after(boolean adds, String what, boolean before) {
    if (what.equals("mget") || OF_MGET.contains(what)) {
      return adds;
    }
    boolean elsewhere = !what.startsWith("@") || NOT_OF_MGET.contains(what);
    return before && (adds || elsewhere);
  }
}

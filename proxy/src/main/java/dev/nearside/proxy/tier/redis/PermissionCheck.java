package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.telemetry.GenerationEnd;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sidecar's user still may what it might when the generation opened: a permission that is taken
 * away sends no push. First asks who it is, then, again and again, what that user may.
 *
 * <p>An answer tells of the moment it was asked for. The question is put twice within the time that
 * an answer may be relied on; the generation ends where none has come by then, whatever the reason.
 */
final class PermissionCheck implements LinkCheck {
  static final String LABEL = "permission";

  private final OwnPermission permission;
  private final Duration ttl;
  private final long intervalNs;
  private @Nullable String user;
  private @Nullable List<?> atOpening;
  private volatile long confirmedAsOfNs;
  private volatile boolean confirmed;

  PermissionCheck(OwnPermission permission, Duration ttl) {
    this.permission = permission;
    this.ttl = ttl;
    this.intervalNs = ttl.toNanos() / 2;
    permission.forgotten();
  }

  @Override
  public String label() {
    return LABEL;
  }

  @Override
  public GenerationEnd end() {
    return GenerationEnd.PERMISSION;
  }

  @Override
  public long intervalNs() {
    return intervalNs;
  }

  @Override
  public List<String> question() {
    return user == null ? List.of("ACL", "WHOAMI") : List.of("ACL", "GETUSER", user);
  }

  @Override
  public boolean asksTwice() {
    return user != null && atOpening == null;
  }

  @Override
  public @Nullable String answered(Told told) {
    if (user == null) {
      user = told.word(0);
      return null;
    }
    if (atOpening == null) {
      atOpening = told.values();
      permission.known(told);
    } else if (!atOpening.equals(told.values())) {
      return "the permissions of user " + user + " have changed";
    }
    confirmedAsOfNs = told.sentAtNs();
    confirmed = true;
    return null;
  }

  @Override
  public @Nullable String refused(Told told) {
    if (atOpening != null) {
      return "user " + user + " may no longer ask for its permissions";
    }
    if (user == null && told.isUnknown()) {
      permission.withoutAcl();
    }
    return null;
  }

  @Override
  public @Nullable String overdue(long nowNs) {
    return confirmed && nowNs - confirmedAsOfNs > ttl.toNanos()
        ? "permissions were not confirmed within " + ttl.toMillis() + " ms"
        : null;
  }
}

package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.telemetry.GenerationEnd;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The node is still what it was: a primary that is demoted keeps its clients and goes on answering
 * them, while writes are taken elsewhere.
 */
final class RoleCheck implements LinkCheck {
  static final String LABEL = "role";
  private static final String PRIMARY = "master";

  private final boolean primaryOnly;
  private @Nullable String atOpening;

  /**
   * Creates the check of one link.
   *
   * @param primaryOnly whether the node has to be a primary from the beginning
   */
  RoleCheck(boolean primaryOnly) {
    this.primaryOnly = primaryOnly;
  }

  @Override
  public String label() {
    return LABEL;
  }

  @Override
  public GenerationEnd end() {
    return GenerationEnd.ROLE;
  }

  @Override
  public long intervalNs() {
    return TimeUnit.SECONDS.toNanos(1);
  }

  @Override
  public List<String> question() {
    return List.of("ROLE");
  }

  @Override
  public @Nullable String answered(Told told) {
    String role = role(told);
    if (primaryOnly && !role.equals(PRIMARY)) {
      return "the node is no primary, but " + role;
    }
    if (atOpening == null) {
      atOpening = role;
    }
    return role.equals(atOpening) ? null : "the role was " + atOpening + " and is " + role;
  }

  /** A replica's primary is part of what it is; what else ROLE says changes all the time. */
  private static String role(Told told) {
    return told.word(0).equals("slave")
        ? "replica of " + told.word(1) + ":" + told.word(2)
        : told.word(0);
  }
}

package dev.nearside.proxy.security;

import org.jspecify.annotations.Nullable;

/**
 * As whom the sidecar acts at the upstream.
 *
 * @param user an ACL user; {@code default} where none is configured
 * @param password that user's password, or null where none is asked
 */
public record Credentials(String user, @Nullable String password) {
  /** The user of those who name none. */
  public static final String DEFAULT_USER = "default";

  @Override
  public String toString() {
    return user;
  }
}

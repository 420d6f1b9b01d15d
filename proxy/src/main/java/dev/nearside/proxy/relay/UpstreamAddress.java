package dev.nearside.proxy.relay;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the upstream is reached, and as whom.
 *
 * @param host its name or address
 * @param port its port
 * @param user the ACL user the sidecar acts as; {@code default} where none is configured
 * @param password that user's password, or null where none is asked
 * @param connectTimeout bound on connect and greeting together
 */
public record UpstreamAddress(
    String host, int port, String user, @Nullable String password, Duration connectTimeout) {
  @Override
  public String toString() {
    return user + "@" + host + ":" + port;
  }
}

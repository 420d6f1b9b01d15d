package dev.nearside.proxy.admin;

import java.time.Duration;

/**
 * Bounds on those who use the HTTP port.
 *
 * @param maxConnections connections open at once; further ones are closed on accept
 * @param idle how long a connection may stay without a request
 * @param request how long a request may take to arrive, from its first byte to its last
 * @param reply how long a client may take to read a reply
 */
public record AdminLimits(int maxConnections, Duration idle, Duration request, Duration reply) {
  /** Fits a few scrapers, the kubelet and somebody with curl; Prometheus scrapes each minute. */
  public static final AdminLimits DEFAULT =
      new AdminLimits(64, Duration.ofSeconds(90), Duration.ofSeconds(10), Duration.ofSeconds(10));
}

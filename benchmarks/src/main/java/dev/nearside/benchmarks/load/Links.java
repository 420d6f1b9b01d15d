package dev.nearside.benchmarks.load;

/** How clients reach a server, and how that reaches its Redis, where it is a proxy. */
enum Links {
  /** TCP, a single Redis. */
  TCP,
  /** Unix sockets on both sides. */
  UNIX,
  /** TCP in clear from clients, TLS to Redis. */
  TLS_UPSTREAM,
  /** TLS on both sides. */
  TLS,
  /** TCP, a cluster of three primaries. */
  CLUSTER;

  /** Returns whether a certificate is needed. */
  boolean needIdentity() {
    return this == TLS_UPSTREAM || this == TLS;
  }
}

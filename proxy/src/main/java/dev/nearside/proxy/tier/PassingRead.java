package dev.nearside.proxy.tier;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.redis.TrackedConnection;
import dev.nearside.proxy.tier.redis.TrackedConnection.ReadListener;
import org.jspecify.annotations.Nullable;

/**
 * The end of one read in passing: in the order of the stream that keeps L1 true, for one reader,
 * and not remembered by the upstream, so that nothing of it may be held. Told once, on the tracked
 * connection's thread.
 */
final class PassingRead implements ReadListener {
  private final Flights flights;
  private final TrackedConnection connection;
  private final Entry token;
  private final @Nullable Namespace namespace;
  private final long guardedSince;

  /**
   * Creates the end of a read that is about to be sent.
   *
   * @param token was put nowhere; its flight has the reader
   */
  PassingRead(
      Flights flights, TrackedConnection connection, Entry token, @Nullable Namespace namespace) {
    this.flights = flights;
    this.connection = connection;
    this.token = token;
    this.namespace = namespace;
    this.guardedSince = flights.guard().now();
  }

  @Override
  public void read(byte @Nullable [] value, long ttlMillis) {
    flights.guard().succeeded(guardedSince);
    flights.tiers().redis(namespace, value != null);
    flights.counters().passed().increment();
    byte[] reply = value == null ? null : Replies.bulk(value);
    if (reply != null && !flights.admission().admitsReply(token.hashCode(), reply.length, now())) {
      connection.suspendPassing(); // where one is large, others may be, and pushes wait behind them
    }
    flights.local().tell(token, reply);
  }

  /** It may have been too large, or Redis may take no writes: neither says that it is not there. */
  @Override
  public void failed() {
    flights.guard().release();
    flights.admission().mayBeLarge(token.hashCode(), now());
    flights.giveUp(token);
  }

  /** An error, of a key that holds no string for example, is an answer of a Redis that is well. */
  @Override
  public void refused() {
    flights.guard().succeeded(guardedSince);
    flights.giveUp(token);
  }

  private static long now() {
    return System.nanoTime();
  }
}

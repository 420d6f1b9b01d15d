package dev.nearside.proxy.server;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.tier.StandIns;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LookupKey;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What may answer a read of one key where Redis cannot: what L1 held before, and the database.
 * Neither behind anything of the same connection that Redis may still answer: a write, of which
 * only Redis knows the outcome, or a read that may show a newer state. Confined to the client's
 * event loop.
 */
final class FallBack {
  private final ClientConnection client;
  private final StandIns standIns;
  private final LookupKey key;
  private final PendingReply reply;
  private final boolean strict;
  private final @Nullable Namespace namespace;

  /**
   * Creates the fall-back of one read.
   *
   * @param reply the place of its answer
   */
  FallBack(ClientConnection client, LookupKey key, PendingReply reply) {
    this.client = client;
    this.standIns = client.context().reads().standIns();
    this.key = key;
    this.reply = reply;
    this.strict = client.session().strict;
    this.namespace = standIns.guardedOf(key);
  }

  /** Returns whether there can be something, so that asking Redis is worth a bound. */
  boolean isGuarded() {
    return namespace != null;
  }

  /** Returns whether there is something now that may be the answer. */
  boolean isThere() {
    return isInTurn() && (isDatabase() || stale() != null);
  }

  /** Returns whether nothing before it can be answered by Redis any more. */
  boolean isInTurn() {
    return !client.replies().isAnyUndecidedBefore(reply);
  }

  /** Returns whether a key that Redis does not have is read in the database. */
  boolean isDatabase() {
    return standIns.readsThrough(namespace);
  }

  /** Returns, and counts, what L1 held and may still be shown; else null. */
  @Nullable Entry takeStale() {
    Entry stale = stale();
    if (stale != null) {
      standIns.servedStale(Objects.requireNonNull(namespace));
    }
    return stale;
  }

  /** Whoever asks for strict reads is rather told that there is no answer. */
  private @Nullable Entry stale() {
    return namespace == null || strict ? null : standIns.stale(namespace, key, System.nanoTime());
  }

  /** Asks the database; see {@link StandIns#readThrough}. */
  void readDatabase(boolean redisAnswers, long floorNs, StandIns.ReplyListener done) {
    standIns.readThrough(
        Objects.requireNonNull(namespace), key.name(), redisAnswers, floorNs, done);
  }

  /** Counts what Redis said. */
  void redisAnswered(boolean hit) {
    if (namespace != null) {
      standIns.redisAnswered(namespace, hit);
    }
  }
}

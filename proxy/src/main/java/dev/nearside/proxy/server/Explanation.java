package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.tier.ReadPath;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LookupKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a GET of one key would do if this client asked for it now, and why: the reply to {@code
 * NEARSIDE.EXPLAIN key}. Confined to the connection's event loop; changes nothing.
 *
 * <p>It asks what {@link LocalReads} and the shard ask, in their order, by accessors that neither
 * remove what is dead nor count as an access. Another user than the sidecar's own is told nothing
 * of the key.
 */
final class Explanation {
  /** What a GET would do. */
  private enum Answer {
    LOCAL,
    FLIGHT,
    ORDERED,
    RELAYED
  }

  /**
   * What a GET would do, and why it is not simply answered from memory.
   *
   * @param reason one of the words that the README lists, or null
   */
  private record Verdict(Answer answer, @Nullable String reason) {}

  private final ClientConnection client;
  private final Session session;
  private final Coherence coherence;
  private final ReadPath reads;
  private final LookupKey key;
  private final long nowNs;
  private final @Nullable Shard shard;
  private final @Nullable Entry entry;

  /**
   * Looks at {@code key} as it is now.
   *
   * @param key in the client's database
   */
  Explanation(ClientConnection client, LookupKey key) {
    this.client = client;
    this.session = client.session();
    this.coherence = client.context().coherence();
    this.reads = client.context().reads();
    this.key = key;
    this.nowNs = client.nowNs();
    this.shard = coherence.shard(key);
    this.entry = shard == null ? null : shard.peek(key);
  }

  /** Returns the reply: a map, in RESP2 a flat array. */
  byte[] reply() {
    Verdict verdict = verdict();
    MapReply map = new MapReply(session.protocol == 3);
    map.add("answer", MapReply.word(verdict.answer));
    map.add("reason", verdict.reason);
    map.add("tier", verdict.answer == Answer.LOCAL ? "l1" : "redis");
    addEntry(map, session.ownIdentity && isLanded() ? entry : null);
    map.add("stale-if-error-ms", staleMillis());
    map.add("generation", shard == null ? null : Long.valueOf(shard.generation()));
    map.add("epoch", shard == null ? null : Long.valueOf(shard.epochOf(key)));
    map.add("fences", coherence.fences().up());
    Namespace namespace = reads.standIns().namespaceOf(key);
    map.add("namespace", namespace == null ? null : namespace.name());
    map.add("strict", strictBy(namespace));
    map.add("tags", namespace == null ? List.of() : namespace.tagsOf(key.array(), key.length()));
    map.add("database", (long) key.database());
    return map.reply();
  }

  /**
   * Returns how old the answer would be that takes the place of Redis's own, should that not come;
   * null where none would, or where memory answers by itself.
   */
  private @Nullable Long staleMillis() {
    boolean closed = shard != null && (!shard.isOpen() || shard.isStale(nowNs));
    boolean mayBe =
        closed && session.ownIdentity && !session.strict && !client.upstream().isPinned();
    long ageNs = mayBe ? reads.standIns().staleAgeNs(key, nowNs) : -1;
    return ageNs < 0 ? null : Long.valueOf(millis(ageNs));
  }

  /** Says who asks that reads of the key be linearizable, or null. */
  private @Nullable String strictBy(@Nullable Namespace namespace) {
    if (session.strict) {
      return "connection";
    }
    return namespace != null && namespace.strict() ? "namespace" : null;
  }

  private void addEntry(MapReply map, @Nullable Entry held) {
    if (held == null) {
      map.addNulls("age-ms", "expires-in-ms", "bytes", "compressed", "nil");
      return;
    }
    map.add("age-ms", millis(nowNs - held.asOfNs()));
    map.add("expires-in-ms", millis(held.expiresAtNs() - nowNs));
    map.add("bytes", (long) held.replyLength());
    map.add("compressed", held.isCompressed() ? 1L : 0L);
    map.add("nil", held.isNil() ? 1L : 0L);
  }

  private static long millis(long ns) {
    return Math.max(0, ns) / 1_000_000;
  }

  private boolean isLanded() {
    return entry != null && entry.flight() == null;
  }

  private Verdict verdict() {
    String closed = ofSession();
    if (closed == null) {
      closed = ofShard();
    }
    return closed == null ? ofKey() : new Verdict(Answer.RELAYED, closed);
  }

  /** Says why no read of this connection is local; the list of {@link Session#readsLocally}. */
  private @Nullable String ofSession() {
    if (!session.ownIdentity && !session.grants.allow(key, nowNs)) {
      return "other-user";
    }
    if (session.transaction != null) {
      return "transaction";
    }
    if (session.watching) {
      return "watching";
    }
    if (session.tracking) {
      return "tracking";
    }
    if (session.untouching) {
      return "no-touch";
    }
    if (session.subscriber) {
      return "subscriber";
    }
    if (session.databaseUnknown) {
      return "unknown-database";
    }
    return session.pipe ? "pipe" : null;
  }

  /** Says why no read of this database is local. */
  private @Nullable String ofShard() {
    if (shard == null) {
      return "other-database";
    }
    if (coherence.mode() == L1Mode.OFF) {
      return "l1-off";
    }
    if (coherence.mode() == L1Mode.SHADOW) {
      return "shadow";
    }
    if (!shard.isOpen()) {
      return "closed: " + reads.stateOf(shard);
    }
    return shard.isStale(nowNs) ? "stale" : null;
  }

  private Verdict ofKey() {
    if (key.length() > LocalReads.MAX_NAME_BYTES) {
      return new Verdict(Answer.RELAYED, "too-large");
    }
    if (shard != null && shard.isFenced(key.hashCode())) {
      return new Verdict(Answer.RELAYED, "fenced");
    }
    if (entry == null) {
      return missing("not-held");
    }
    if (entry.flight() != null) {
      return new Verdict(Answer.FLIGHT, "in-flight");
    }
    if (entry.expiresAtNs() - nowNs <= 0) {
      return missing("expired");
    }
    return new Verdict(Answer.LOCAL, isBehind() ? "behind" : null);
  }

  /** Whether L1 has still to catch up with what this connection has seen. */
  private boolean isBehind() {
    long floorNs = client.floorOf(key, nowNs);
    return shard != null && shard.coherentAsOfNs() - floorNs < 0;
  }

  private Verdict missing(String why) {
    String refusal = reads.refusalOf(key, nowNs);
    if (refusal == null) {
      return new Verdict(Answer.FLIGHT, why);
    }
    return new Verdict(reads.passes(key, nowNs) ? Answer.ORDERED : Answer.RELAYED, refusal);
  }
}

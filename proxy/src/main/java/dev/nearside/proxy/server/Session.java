package dev.nearside.proxy.server;

import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.tier.local.LookupKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a client has said about itself, and what that means for L1. Confined to its event loop. */
final class Session {
  /** What a transaction has queued. */
  static final class Transaction {
    final List<LookupKey> keys = new ArrayList<>();
    boolean opaque;
    boolean flushes;

    /** Whether its replies, or those after EXEC, cannot be told apart. */
    boolean untold;
  }

  private static final int MAX_INFO = 8;

  int protocol = 2;
  int database;

  /** Whether it may send commands: by its listener's trust, or by credentials. */
  boolean authenticated;

  /** The sidecar's own user as which the client has authenticated, or null where it has not. */
  @Nullable String saidUser;

  private final boolean trusted;

  /** Whether it acts as the sidecar's own user, so that what L1 holds is for its eyes. */
  boolean ownIdentity = true;

  /** What it may read although it is somebody else. */
  final ReadGrants grants;

  /** Its local reads are at least as new as the upstream was at this moment. */
  long floorNs;

  /** Whether it has asked that each of its reads be linearizable, whatever its namespace says. */
  boolean strict;

  boolean watching;
  boolean tracking;
  boolean untouching;
  boolean subscriber;

  /** Whether its upstream connection has state that nothing here knows; it may outlast RESET. */
  boolean kept;

  /** Whether a transaction may have selected another database: which one holds is not known. */
  boolean databaseUnknown;

  /** How many commands that may change the database or the protocol are unanswered. */
  int unsettled;

  /** Whether replies are no longer told apart: bytes flow. */
  boolean pipe;

  @Nullable Transaction transaction;
  byte @Nullable [] setName;
  final List<byte[]> setInfo = new ArrayList<>(2);

  Session(int database, boolean trusted, long nowNs, ServerPolicy policy, GrantTable grants) {
    this.database = database;
    this.grants = new ReadGrants(grants);
    this.trusted = trusted;
    this.authenticated = trusted;
    this.floorNs = nowNs - policy.maxStalenessNs();
  }

  /** Returns to how it was when it was opened; after RESET. */
  void reset(int initialDatabase) {
    protocol = 2;
    database = initialDatabase;
    authenticated = trusted;
    saidUser = null;
    ownIdentity = true;
    grants.clear();
    strict = false;
    watching = false;
    kept |= tracking; // keys it has read before are told of when it turns tracking on again
    tracking = false;
    untouching = false;
    databaseUnknown = false;
    subscriber = false;
    transaction = null;
    setName = null;
    setInfo.clear();
  }

  /**
   * From now on nothing is known of it but what it sends. {@code database} is the one whose keys
   * may have leases, which are then deleted at every write, wherever it goes.
   */
  void becomePipe(int database) {
    pipe = true;
    this.database = database;
  }

  /** Notes a CLIENT SETINFO to repeat; more than a client has reason to say is forgotten. */
  void addInfo(byte[] request) {
    if (setInfo.size() == MAX_INFO) {
      setInfo.removeFirst();
    }
    setInfo.add(request);
  }

  /** Returns whether its reads may be answered by L1 at all, whatever they read. */
  boolean readsLocally() {
    return ownIdentity && readsWhatItMay();
  }

  /** Returns whether its reads may be answered by L1, of keys that it is known to be allowed. */
  boolean readsWhatItMay() {
    return transaction == null
        && !watching
        && !tracking
        && !untouching
        && !databaseUnknown
        && !pipe
        && !subscriber;
  }

  /** Returns whether everything its upstream connection knows of it is known here too. */
  boolean isPlain() {
    return ownIdentity
        && transaction == null
        && !watching
        && !tracking
        && !untouching
        && !databaseUnknown
        && !kept
        && !pipe
        && !subscriber;
  }

  /** Returns whether {@code database} is the one in which its next command is executed. */
  boolean isDatabaseKnown() {
    return !databaseUnknown && unsettled == 0;
  }

  /** Returns the reply for "nothing" in its protocol. */
  byte[] nullReply() {
    return Replies.nullBulk(protocol == 3);
  }

  /** Returns the requests to repeat where its state is moved to another upstream connection. */
  List<byte[]> replayed() {
    List<byte[]> requests = new ArrayList<>(setInfo);
    if (setName != null) {
      requests.add(setName);
    }
    return requests;
  }
}

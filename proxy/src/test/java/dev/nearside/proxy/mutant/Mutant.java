package dev.nearside.proxy.mutant;

import dev.nearside.proxy.mutant.Change.Argument;
import dev.nearside.proxy.mutant.Change.Calling;
import dev.nearside.proxy.mutant.Change.Keeping;
import dev.nearside.proxy.mutant.Change.Now;
import dev.nearside.proxy.mutant.Change.Reading;
import dev.nearside.proxy.mutant.Change.Returning;
import dev.nearside.proxy.mutant.Change.Standing;
import dev.nearside.proxy.mutant.Change.Stumbling;
import dev.nearside.proxy.mutant.Change.Text;
import java.util.List;
import java.util.Map;

/** The mechanisms of the contract, each switched off. */
public enum Mutant {
  /** Nothing is switched off; threads stand still where those of some mutants do. */
  NOTHING(
      "every promise, as a check of what the mutants below are compared with",
      List.of(),
      new Stumbling("coherence.Shard", "lookThough")),
  PUSH_IGNORED(
      "tracked connection: a push removes its key",
      List.of("race.FillRacesWireTest"),
      new Returning("coherence.Shard", "pushed", 0)),
  NULL_PUSH_IGNORED(
      "server facts: FLUSHDB of any sends null (everything)",
      List.of("race.FillRacesWireTest"),
      new Returning("coherence.Shard", "pushedAll", 0)),
  FENCE_NEVER_UP(
      "fence: while up, reads of k go upstream and fill nothing",
      List.of("race.FenceRacesWireTest"),
      new Returning("coherence.Fences", "isUp", 0)),
  NO_DROP_BEFORE(
      "fence: before a write is forwarded, drop L1[k] and kill k's tokens",
      List.of("race.FenceRacesWireTest", "race.FillRacesWireTest", "coherence.TouchTest"),
      new Calling("coherence.Touch", "forwarded", "drop", Change.EACH, 0)),
  NO_DROP_AT_REPLY(
      "fence: at the reply, drop again",
      List.of("race.FenceRacesWireTest", "race.FillRacesWireTest", "coherence.TouchTest"),
      new Calling("coherence.Touch", "end", "drop", 1, 0)),
  NO_DROP_OF_WRITES(
      "fence: drop before and at the reply",
      List.of("race.FenceRacesWireTest"),
      new Calling("coherence.Touch", "forwarded", "drop", Change.EACH, 0),
      new Calling("coherence.Touch", "end", "drop", 1, 0)),
  WRITES_UNNOTICED(
      "fence, as a whole",
      List.of("race.FenceRacesWireTest"),
      new Returning("coherence.Fences", "isUp", 0),
      new Calling("coherence.Touch", "forwarded", "drop", Change.EACH, 0),
      new Calling("coherence.Touch", "end", "drop", 1, 0)),
  FLIGHT_PASSES_FENCE(
      "fence: a flight looks at it once it has put its token (second line: the drop at the reply"
          + " would do alone)",
      List.of("race.FillRacesWireTest", "race.FenceRacesWireTest"),
      new Calling("tier.Flights", "start", "isFenced", Change.EACH, 0)),
  RELAYED_READ_UNNOTICED(
      "other paths: a read of k answered on a lane or pinned connection drops L1[k]",
      List.of("race.CausalityRacesWireTest"),
      new Calling("coherence.Touch", "end", "drop", 0, 0)),
  PUBLISHED_ALWAYS(
      "flight: publication is compare-and-set of that placeholder",
      List.of("tier.local.PublicationRaceTest", "race.FillRacesWireTest"),
      new Standing("tier.local.LocalTier", "publish", "computeIfPresent", "put")),
  EPOCH_NOT_COMPARED(
      "flight: a new generation kills its token; entries of an older one are dead",
      List.of("race.GenerationRacesWireTest"),
      new Calling("coherence.Shard", "lookThough", "epoch", Change.EACH, 0),
      new Calling("coherence.Shard", "lookThough", "epochOf", Change.EACH, 0)),
  EPOCH_NOT_MOVED(
      "generation: on loss, close the node's L1 and kill tokens",
      List.of("race.GenerationRacesWireTest"),
      new Calling("coherence.Shard", "close", "dropAll", Change.EACH, 0)),
  NEVER_STALE(
      "staleness clock: local reads require now - coherentAsOf <= max-staleness",
      List.of("race.ClockRacesWireTest", "race.PauseRacesIT"),
      new Reading("coherence.Shard", "lookThough", "maxStalenessNs", Long.MAX_VALUE)),
  CLOCK_AT_RECEIPT(
      "staleness clock: a reply moves coherentAsOf to that command's send time",
      List.of("coherence.ShardTest", "race.ClockRacesWireTest"),
      new Now("coherence.Shard", "answered", 0)),
  NO_FLOOR(
      "other paths: local reads need coherentAsOf >= the arrival of the last informative reply",
      List.of("race.CausalityRacesWireTest"),
      new Keeping("server.RelayedReply", "settle", "floorNs"),
      new Keeping("server.GetRead", "reply", "floorNs"),
      new Keeping("server.GetRead", "landed", "floorNs")),
  REPLY_NOT_HELD(
      "other paths: blocking pops are delivered behind a barrier; barrier: an opaque write's reply"
          + " waits for it",
      List.of("race.CausalityRacesWireTest", "race.FenceRacesWireTest"),
      new Reading("server.RelayedReply", "settle", "behindBarrier", 0)),
  MESSAGE_NOT_HELD(
      "other paths: pub/sub messages are delivered behind a barrier",
      List.of("race.CausalityRacesWireTest"),
      new Calling("server.OwnConnection", "pushed", "hold", Change.EACH, 0)),
  BARRIER_AT_ONCE(
      "barrier: a PING on the tracked connection",
      List.of("race.CausalityRacesWireTest"),
      new Calling("coherence.Barrier", "await", "isTracking", Change.EACH, 0),
      new Calling("coherence.Barrier", "await", "drop", Change.EACH, 0)),
  TTL_IGNORED(
      "flight: expiry = send time + min(PTTL, cap)",
      List.of("FlightExpiryIT"),
      new Returning("tier.Lifetime", "ttlNs", Long.MAX_VALUE)),
  EXPIRY_IGNORED(
      "promise 5: no value is served at or after its expiry",
      List.of("race.ClockRacesWireTest"),
      new Calling("coherence.Shard", "lookThough", "expiresAtNs", Change.EACH, Long.MAX_VALUE)),
  TWO_MOMENTS(
      "flight: a value needs PTTL != -2, a nil PTTL = -2",
      List.of("race.FillRacesWireTest"),
      new Returning("tier.Lifetime", "isOfOneMoment", 1)),
  JOINERS_TOLD_THE_EXPIRED(
      "promise 5, for who joined a flight after the key had expired",
      List.of("tier.local.FlightTest", "FlightExpiryIT"),
      new Argument("tier.local.Flight", "land", 1, 0)),
  JOINED_BELOW_FLOOR(
      "flight: a strict read joins only a flight sent after it arrived",
      List.of("race.JoinedReadsWireTest"),
      new Argument("tier.ReadPath", "join", 3, 0)),
  FLUSH_DROPS_NOTHING(
      "local flush: tokens killed before forwarding and at the reply (SWAPDB sends no push)",
      List.of("race.FenceRacesWireTest"),
      new Returning("coherence.Coherence", "flush", 0)),
  FLUSH_NOT_FENCED(
      "local flush: shard-wide fence",
      List.of("race.FillRacesWireTest", "race.FenceRacesWireTest"),
      new Returning("coherence.Fences", "raiseAll", 0),
      new Returning("coherence.Fences", "lowerAll", 0)),
  MGET_TORN(
      "MGET is a snapshot of one node: local only if it still is one (sequence)",
      List.of("race.MgetRacesWireTest"),
      new Calling("server.LocalReads", "lookUpMany", "sequence", Change.EACH, 0),
      new Stumbling("coherence.Shard", "lookThough")),
  NOT_STRICT(
      "promise 6: strict reads are behind a barrier",
      List.of("CoherenceIT"),
      new Calling("tier.ReadPath", "floorOf", "anyStrict", Change.EACH, 0)),
  ANY_NODE(
      "generation: names its node; lanes and pinned connections check theirs at connect",
      List.of("race.GenerationRacesWireTest"),
      new Returning("tier.redis.RelayNodes", "agree", 1),
      new Calling("tier.redis.RedisConnections", "follow", "reconnect", Change.EACH, 0)),
  NEVER_GIVES_UP(
      "barrier: an unanswered one closes the generation",
      List.of("race.GenerationRacesWireTest"),
      new Reading("tier.redis.Heartbeat", "silence", "answerTimeoutNs", Long.MAX_VALUE)),
  TRACKING_UNCONFIRMED(
      "generation: TRACKING ON checked, then open",
      List.of("race.GenerationRacesWireTest"),
      new Calling("tier.redis.TrackedOpening", "tracking", "error", Change.EACH, 0)),
  TRACKING_NOT_WATCHED(
      "generation: the heartbeat also asks TRACKINGINFO",
      List.of("tier.redis.LinkCheckTest"),
      new Returning("tier.redis.TrackingCheck", "answered", 0)),
  ROLE_NOT_WATCHED(
      "generation: the heartbeat also asks ROLE",
      List.of("tier.redis.LinkCheckTest", "GenerationIT"),
      new Returning("tier.redis.RoleCheck", "answered", 0)),
  CLOCKS_NOT_WATCHED(
      "exceptions: compare with the wall clock each tick and close on disagreement",
      List.of("tier.redis.ClockWatchTest"),
      new Returning("tier.redis.ClockWatch", "movedApartMs", 0)),
  PERMISSION_NOT_WATCHED(
      "promise 7: permission re-verified within permission-ttl",
      List.of("race.PermissionRacesWireTest"),
      new Calling("tier.redis.PermissionCheck", "answered", "equals", Change.EACH, 1)),
  ANY_USER(
      "promise 7: only a client that the upstream would let read k gets it",
      List.of("race.PermissionRacesWireTest"),
      new Reading("server.Session", "readsLocally", "ownIdentity", 1),
      new Reading("server.LocalReads", "lookUp", "ownIdentity", 1)),
  OPAQUE_WRITE_UNNOTICED(
      "barrier: for an opaque write its reply waits, or every later local read does",
      List.of("race.FenceRacesWireTest"),
      new Returning("coherence.Touch", "isOpaque", 0)),
  QUEUED_KEYS_FORGOTTEN(
      "fence, of what EXEC executes",
      List.of("race.FenceRacesWireTest"),
      new Returning("server.Touches", "queue", 0)),
  ORDER_FORGOTTEN(
      "promise 1, behind an unanswered opaque or pinned command of the same connection",
      List.of("race.OwnOrderWireTest"),
      new Returning("server.Upstream", "ordersReads", 0)),
  OWN_READ_OVERTAKEN(
      "promise 2, behind an unanswered read of the same key and connection",
      List.of("race.OwnOrderWireTest"),
      new Returning("server.Upstream", "isReading", 0)),
  OWN_FLIGHT_OVERTAKEN(
      "order: execution waits for a conflict; a write does not overtake a flight before it",
      List.of("MixedPipelineIT", "CoherenceIT"),
      new Returning("server.LocalReads", "allows", 1)),
  LOCAL_IN_MULTI(
      "connections that bypass L1: inside MULTI",
      List.of("race.OwnOrderWireTest"),
      new Reading("server.Session", "readsWhatItMay", "transaction", 0)),
  LOCAL_AFTER_WATCH(
      "connections that bypass L1: after WATCH",
      List.of("race.OwnOrderWireTest"),
      new Reading("server.Session", "readsWhatItMay", "watching", 0)),
  LOCAL_WHILE_IT_TRACKS(
      "connections that bypass L1: a client that itself tracks",
      List.of("server.TrackingParityIT"),
      new Reading("server.Session", "readsWhatItMay", "tracking", 0)),
  SHARED_READ_JOINED_LATE(
      "with L1 closed: who joined a shared read after it was sent asks anew",
      List.of("race.JoinedReadsWireTest", "SharedReadIT"),
      new Calling("server.GetRead", "lambda$landed$0", "asOfNs", Change.EACH, Long.MAX_VALUE)),
  RENEWED_THE_CHANGED(
      "early refresh: prolonged only if read to be the very same value",
      List.of("tier.local.RenewalTest"),
      new Calling("tier.local.LocalTier", "renew", "shows", Change.EACH, 1)),
  RENEWED_THE_REMOVED(
      "early refresh: prolonged only if it is still there",
      List.of("tier.local.RenewalTest"),
      new Standing("tier.local.LocalTier", "renew", "computeIfPresent", "change")),
  ABSENT_ROW_UNCAPPED(
      "every entry has a cap: absent rows too",
      List.of("tier.LifetimeTest", "AbsentRowIT"),
      new Calling("tier.Lifetime", "absentUntilNs", "capNs", Change.EACH, Long.MAX_VALUE)),
  LOST_LEASES_UNNOTICED(
      "promise 4, of absent rows: nobody tells any more, so forget them",
      List.of("AbsentRowIT", "tier.DatabaseFillIT", "tier.redis.AbsentRowsTest"),
      new Calling("tier.redis.AbsentRows", "tellAll", "forEach", Change.EACH, 0)),
  SILENT_LEASES_BELIEVED(
      "promise 4, of absent rows: who would tell is silent",
      List.of("AbsentRowIT"),
      new Returning("tier.redis.WatchLink", "isSilent", 0)),
  UNWATCHED_ABSENCE_HELD(
      "promise 4, of absent rows: a flight looks at the watch once it has put its token",
      List.of("tier.FlightEndTest"),
      new Calling("tier.FlightEnd", "rowAbsent", "getAsBoolean", Change.EACH, 1),
      new Calling("tier.FlightEnd", "absenceLands", "getAsBoolean", Change.EACH, 1)),
  UNTRACKED_ABSENCE_HELD(
      "promise 4, of absent rows: what no tracked read has seen is not held",
      List.of("ColdFlightIT"),
      new Calling("tier.FlightEnd", "rowAbsent", "isTracked", Change.EACH, 1)),
  COLD_OF_ANOTHER_NODE(
      "promise 1: that Redis has no key is said by the node where writes go",
      List.of("ColdFlightIT"),
      new Returning("tier.redis.Leases", "areOf", 1),
      new Returning("tier.redis.RedisAdministration", "follow", 0)),
  UNTRACKED_FLIGHT_JOINED(
      "promise 1: a flight that no push ends is not joined behind an opaque write",
      List.of("ColdFlightIT"),
      new Returning("coherence.Shard", "isUntold", 0)),
  CLIENT_NOT_STRICT(
      "promise 6: strict reads, where a client asks",
      List.of("StrictClientIT"),
      new Reading("server.ClientConnection", "floorOf", "strict", 0)),
  FLOOR_WITHOUT_TRACKING(
      "coherence ttl: an entry is as old as its own read",
      List.of("CoherenceModeIT"),
      new Calling("coherence.Shard", "isOutOfDate", "asOfNs", Change.EACH, Long.MAX_VALUE)),
  RETRIES_OVERTAKEN(
      "promises 1 and 2, while a read waits to be sent once more",
      List.of("race.RetriedReadsWireTest"),
      new Returning("server.Retries", "arePending", 0)),
  DATABASE_ANSWER_UNNOTICED(
      "promise 2, of what the database or another sidecar answered",
      List.of("DatabaseFallBackIT"),
      new Calling("server.GetRead", "databaseAnswered", "shown", Change.EACH, 0)),
  FALLS_BACK_OUT_OF_TURN(
      "promises 1 and 2, behind what Redis may still answer this connection: no older answer",
      List.of("race.FallBackWireTest", "DatabaseFallBackIT", "StaleIfErrorIT"),
      new Returning("server.ReplyQueue", "isAnyUndecidedBefore", 0)),
  STALE_FOR_EVER(
      "exceptions: stale-if-error bounds how old an answer is while Redis is down",
      List.of("coherence.ShardTest", "StaleIfErrorIT"),
      new Argument("coherence.Shard", "ageNs", 4, Long.MAX_VALUE)),
  STALE_AND_EXPIRED(
      "exceptions: stale-if-error keeps TTLs",
      List.of("StaleIfErrorIT"),
      new Calling("coherence.Shard", "ageNs", "expiresAtNs", Change.EACH, Long.MAX_VALUE)),
  STALE_BEHIND_SCRIPTS(
      "exceptions: stale-if-error keeps own writes, also those that name no keys",
      List.of("StaleIfErrorIT"),
      new Returning("coherence.Shard", "opaqueEnded", 0)),
  STALE_THOUGH_REFUSED(
      "exceptions: stale-if-error serves nobody whom Redis refuses",
      List.of("StaleIfErrorIT"),
      new Returning("coherence.Shard", "forgetRemains", 0)),
  SWAPS_NOT_WATCHED(
      "exceptions: SWAPDB by others, watched by its statistics",
      List.of("tier.redis.LinkCheckTest", "SwapIT"),
      new Returning("tier.redis.SwapCheck", "answered", 0)),
  SERVER_CLOCK_NOT_WATCHED(
      "exceptions: steps of the server's clock",
      List.of("tier.redis.LinkCheckTest"),
      new Returning("tier.redis.ServerClockCheck", "answered", 0)),
  CAP_IGNORED(
      "every entry has a cap",
      List.of("tier.LifetimeTest", "race.ClockRacesWireTest"),
      new Calling("tier.Lifetime", "expiresAtNs", "capNs", Change.EACH, Long.MAX_VALUE)),
  ADMITTED_AT_FIRST(
      "tracked connection: carries only the second request of a key within a window",
      List.of("ExplainIT", "AdmissionIT"),
      new Reading("tier.Admission", "refusal", "atOnce", 1)),
  LARGE_READ_AGAIN(
      "tracked connection: a key whose last value was too large is not read on it",
      List.of("ExplainIT"),
      new Calling("tier.Admission", "admitsReply", "mark", Change.EACH, 0)),
  LOCKS_HELD(
      "good citizen: keys written with NX are not held",
      List.of("AdmissionIT"),
      new Returning("tier.Admission", "lock", 0)),
  HELD_IN_VAIN(
      "good citizen: keys invalidated more often than hit are not held",
      List.of("coherence.ChurnTest", "AdmissionIT"),
      new Returning("coherence.Churn", "isHeldInVain", 0)),
  TRACKED_WITHOUT_LIMIT(
      "good citizen: a limit on tracked keys",
      List.of("tier.redis.TrackedKeysTest", "GenerationIT"),
      new Returning("tier.redis.TrackedKeys", "admits", 1)),
  HOT_KEYS_UNTOLD(
      "good citizen: hot keys are TOUCHed where the upstream evicts by use",
      List.of("HotKeysIT"),
      new Returning("tier.HotKeys", "tell", 0)),
  READS_UNCAPPED(
      "with L1 closed: under a concurrency cap",
      List.of("race.ClosedReadsWireTest", "SharedReadIT"),
      new Returning("server.ReadQuota", "isFull", 0)),
  LOCAL_WITHOUT_TOUCH(
      "connections that bypass L1: NO-TOUCH",
      List.of("race.BypassWireTest"),
      new Reading("server.Session", "readsWhatItMay", "untouching", 0)),
  SWITCH_IGNORED(
      "switches: L1 off at run time",
      List.of("coherence.ShardTest", "client.LifecycleIT"),
      new Calling("coherence.Coherence", "switchTo", "serve", Change.EACH, 0),
      new Calling("coherence.Coherence", "switchTo", "drop", Change.EACH, 0)),
  SHADOW_SERVES(
      "switches: shadow mode never serves",
      List.of("AuditIT"),
      new Reading("coherence.Shard", "look", "serving", 1)),
  FLEET_GAP_UNNOTICED(
      "invalidation on request: a lost message is noticed and repaired",
      List.of("FleetIT", "invalidation.FleetTest", "invalidation.SendersTest"),
      new Calling("invalidation.Fleet", "workOff", "heard", Change.EACH, 0)),
  LEASE_KEPT_BY_WRITES(
      "leases: every write of k through any sidecar deletes the lease",
      List.of("LeaseRaceIT"),
      new Calling("server.LaneRelay", "breakLeases", "send", Change.EACH, 0),
      new Returning("server.Upstream", "areLeasesBroken", 1)),
  LEASE_TAKEN_BY_ALL(
      "leases: taken by one sidecar for one read of the database",
      List.of("tier.redis.LeasesIT", "LeaseFleetIT"),
      new Text("tier.redis.LeaseScripts", "acquire", "'NX', ", "")),
  FILLED_WITHOUT_ITS_LEASE(
      "leases: the fill SETs only while its own lease is there",
      List.of("tier.redis.LeasesIT", "LeaseRaceIT"),
      new Text("tier.redis.LeaseScripts", "ifOurs", "~= ARGV[1]", "== 0"),
      new Text(
          "tier.redis.LeaseScripts", "<clinit>", "if leases[i] == ARGV[3 * i - 2]", "if true")),
  FILL_REPLACES(
      "leases: a fill leaves what a SET wrote meanwhile",
      List.of("tier.redis.LeasesIT"),
      new Text("tier.redis.LeaseScripts", "<clinit>", ", 'NX')", ")")),
  REFRESH_REPLACES_ANY(
      "leases: a refresh replaces the old value only",
      List.of("tier.redis.LeasesIT"),
      new Text("tier.redis.LeaseScripts", "<clinit>", "~= ARGV[4]", "== nil")),
  SLOT_STAYS_TRUE(
      "cluster: a slot that moves drops what is held of it",
      List.of("coherence.BySlotTest"),
      new Calling("coherence.BySlot", "place", "next", Change.EACH, 0)),
  NIL_LIKE_ANY_VALUE(
      "cluster: a nil in a slot that is moving lives at most max-staleness",
      List.of("coherence.BySlotTest", "ClusterCoherenceIT"),
      new Returning("coherence.BySlot", "maySpringUpElsewhere", 0)),
  ANY_ANSWER_OF_A_NODE_COUNTS(
      "cluster: only who still has the slots moves the staleness clock",
      List.of("tier.redis.ClusterLinkTest"),
      new Returning("tier.redis.ClusterNode", "fault", 0));

  private final String sentence;

  @SuppressWarnings("ImmutableEnumChecker") // never changed
  private final List<String> tests;

  @SuppressWarnings("ImmutableEnumChecker") // never changed
  private final List<Change> changes;

  Mutant(String sentence, List<String> tests, Change... changes) {
    this.sentence = sentence;
    this.tests = tests;
    this.changes = List.of(changes);
  }

  /** Returns what of the contract it breaks. */
  public String sentence() {
    return sentence;
  }

  /** Returns the tests that should fail on it, by class below the sidecar's own package. */
  public List<String> tests() {
    return tests;
  }

  /**
   * Returns the changed classes by their internal names.
   *
   * @param loader where the original ones are found
   * @throws IllegalStateException if there is nothing to change
   */
  public Map<String, byte[]> classes(ClassLoader loader) {
    return Transformation.of(changes, loader);
  }
}

package dev.nearside.proxy.telemetry;

import io.prometheus.client.Collector;
import java.util.List;
import java.util.stream.Stream;

/** Every metric of the sidecar, declared once: its name, type, labels and meaning. */
public enum Metric {
  REQUESTS(
      "nearside_requests_total",
      Collector.Type.COUNTER,
      "Requests, by the way they took. A series appears with its first request.",
      Label.WAY,
      Label.COMMAND),
  REQUEST_DURATION(
      "nearside_request_duration_seconds",
      Collector.Type.HISTOGRAM,
      "Time from a request read to its reply written, by the way it took; local: until the replies of"
          + " all that was read with it were flushed.",
      Label.WAY),
  HITS(
      "nearside_hits_total",
      Collector.Type.COUNTER,
      "Keys that a tier answered, known absences included.",
      Label.TIER,
      Label.NAMESPACE),
  MISSES(
      "nearside_misses_total",
      Collector.Type.COUNTER,
      "Keys that a tier was asked for and could not answer.",
      Label.TIER,
      Label.NAMESPACE),
  NEGATIVE_HITS(
      "nearside_l1_negative_hits_total",
      Collector.Type.COUNTER,
      "Keys that L1 answered as absent; they are hits as well."),
  FILLS_STARTED(
      "nearside_fills_started_total",
      Collector.Type.COUNTER,
      "Flights started for a key that L1 did not have."),
  FILLS_JOINED(
      "nearside_fills_joined_total",
      Collector.Type.COUNTER,
      "Reads that joined a flight already under way."),
  FILLS(
      "nearside_fills_total",
      Collector.Type.COUNTER,
      "Flights ended, by whether their value entered L1.",
      Label.FILL_RESULT),
  REFRESHES(
      "nearside_refreshes_total",
      Collector.Type.COUNTER,
      "Hot entries read again just before they expired, by what came of it.",
      Label.REFRESH_RESULT),
  RETRIES(
      "nearside_retries_total",
      Collector.Type.COUNTER,
      "Reads sent once more because they were not answered.",
      Label.RETRIED),
  STALE_SERVED(
      "nearside_stale_served_total",
      Collector.Type.COUNTER,
      "Reads answered, while Redis could not be asked, with what L1 held before"
          + " (stale-if-error).",
      Label.NAMESPACE),
  READS_SHARED(
      "nearside_reads_shared_total",
      Collector.Type.COUNTER,
      "Reads that were answered by an identical one under way, while L1 could not hold their key."),
  AUDITS(
      "nearside_audits_total",
      Collector.Type.COUNTER,
      "Local reads compared with Redis, by what that showed; in shadow mode, reads that could have"
          + " been local.",
      Label.AUDIT_RESULT),
  TOUCHED(
      "nearside_touched_keys_total",
      Collector.Type.COUNTER,
      "Keys named to a Redis that evicts by use, because memory had answered them."),
  INVALIDATIONS(
      "nearside_invalidations_total",
      Collector.Type.COUNTER,
      "Entries that left L1 because they were or might have been stale.",
      Label.CAUSE),
  INVALIDATION_REQUESTS(
      "nearside_invalidation_requests_total",
      Collector.Type.COUNTER,
      "Invalidations asked of this sidecar by command or HTTP.",
      Label.SCOPE),
  FLEET_MESSAGES(
      "nearside_fleet_messages_total",
      Collector.Type.COUNTER,
      "Messages between sidecars about what to invalidate.",
      Label.FLEET_EVENT),
  FLEET_REPAIRS(
      "nearside_fleet_repairs_total",
      Collector.Type.COUNTER,
      "Times that L1 was emptied because a message between sidecars may have been missed.",
      Label.REPAIR_CAUSE),
  FENCES_UP("nearside_fences_up", Collector.Type.GAUGE, "Writes under way whose keys bypass L1."),
  BARRIERS(
      "nearside_barriers_total",
      Collector.Type.COUNTER,
      "Pings on the tracked connection that local reads or replies waited for."),
  STALENESS(
      "nearside_staleness_seconds",
      Collector.Type.GAUGE,
      "How far L1 may be behind the upstream; infinite while L1 is closed."),
  GENERATION(
      "nearside_generation",
      Collector.Type.GAUGE,
      "Number of the tracked connection, counted from the start of the process."),
  GENERATIONS_ENDED(
      "nearside_generations_ended_total",
      Collector.Type.COUNTER,
      "Generations of the tracked connection that ended, by why; what L1 held ended with them.",
      Label.GENERATION_END),
  BREACHES(
      "nearside_contract_exceptions_total",
      Collector.Type.COUNTER,
      "Times that something was noticed which the coherence contract excepts; what L1 held was"
          + " dropped then. See \"Exceptions\".",
      Label.BREACH),
  CHECKS_OFF(
      "nearside_tracked_checks_off",
      Collector.Type.GAUGE,
      "Tracked connections on which the upstream does not answer a check, for want of a permission"
          + " or of the command.",
      Label.CHECK),
  TRACKED_KEYS(
      "nearside_tracked_keys",
      Collector.Type.GAUGE,
      "Keys that the upstream remembers for this sidecar, estimated."),
  TRACKED_KEYS_REFUSED(
      "nearside_tracked_keys_refused_total",
      Collector.Type.COUNTER,
      "Reads that were relayed because the upstream remembers `coherence.max-tracked-keys`."),
  L1_OPEN("nearside_l1_open", Collector.Type.GAUGE, "1 while L1 may answer, else 0."),
  L1_BYTES("nearside_l1_bytes", Collector.Type.GAUGE, "Weight of what L1 holds."),
  L1_MAX_BYTES("nearside_l1_max_bytes", Collector.Type.GAUGE, "Bound on that weight."),
  L1_ENTRIES("nearside_l1_entries", Collector.Type.GAUGE, "Entries that L1 holds."),
  CLIENTS("nearside_clients", Collector.Type.GAUGE, "Clients connected."),
  CLIENTS_ACCEPTED(
      "nearside_clients_accepted_total", Collector.Type.COUNTER, "Clients accepted since start."),
  CLIENTS_REJECTED(
      "nearside_clients_rejected_total",
      Collector.Type.COUNTER,
      "Clients turned away on connecting.",
      Label.REJECTION),
  CLIENTS_CLOSED(
      "nearside_clients_closed_total",
      Collector.Type.COUNTER,
      "Clients closed by a limit.",
      Label.CLOSING),
  CLIENTS_PINNED(
      "nearside_clients_pinned_total",
      Collector.Type.COUNTER,
      "Times that a client was given an upstream connection of its own."),
  CLIENTS_SLOW(
      "nearside_clients_slow_total",
      Collector.Type.COUNTER,
      "Times that a client left 1 MiB of replies unread while it was owed more, and so was moved to"
          + " an upstream connection of its own."),
  RECEIVED_BYTES(
      "nearside_received_bytes_total", Collector.Type.COUNTER, "Bytes read from clients."),
  SENT_BYTES("nearside_sent_bytes_total", Collector.Type.COUNTER, "Bytes written to clients."),
  UPSTREAM_CONNECTIONS(
      "nearside_upstream_connections",
      Collector.Type.GAUGE,
      "Connections to the upstream, by what they are for.",
      Label.CONNECTION_KIND),
  UPSTREAM_FAILURES(
      "nearside_upstream_failures_total",
      Collector.Type.COUNTER,
      "Upstream connections lost or refused, and reads that it could not answer.",
      Label.FAILURE),
  UPSTREAM_MOVES(
      "nearside_upstream_moves_total",
      Collector.Type.COUNTER,
      "How often the upstream's primary has become another server."),
  BREAKER_STATE(
      "nearside_breaker_state",
      Collector.Type.GAUGE,
      "1 for the state that the breaker is in, else 0.",
      Label.BREAKER,
      Label.BREAKER_STATE),
  DATABASE_QUERIES(
      "nearside_database_queries_total",
      Collector.Type.COUNTER,
      "Statements sent to the database; rejected ones never left.",
      Label.QUERY_RESULT),
  DATABASE_QUERY_DURATION(
      "nearside_database_query_duration_seconds",
      Collector.Type.HISTOGRAM,
      "Time of one statement, waiting for a connection included."),
  DATABASE_BATCH(
      "nearside_database_batch_keys", Collector.Type.HISTOGRAM, "Keys read by one statement."),
  DATABASE_POOL(
      "nearside_database_pool_connections",
      Collector.Type.GAUGE,
      "Connections to the database.",
      Label.POOL_STATE),
  DATABASE_POOL_WAITING(
      "nearside_database_pool_waiting", Collector.Type.GAUGE, "Reads waiting for a connection."),
  STORE_EXPIRED(
      "nearside_store_expired_total",
      Collector.Type.COUNTER,
      "Expired rows of the long-term store that this sidecar has deleted."),
  STORE_CLEANINGS(
      "nearside_store_cleanings_total",
      Collector.Type.COUNTER,
      "Statements that delete expired rows of the long-term store.",
      Label.CLEANING_RESULT),
  OUTBOX_DEPTH(
      "nearside_outbox_depth",
      Collector.Type.GAUGE,
      "Keys written behind that the database has not taken.",
      Label.NAMESPACE),
  OUTBOX_AGE(
      "nearside_outbox_age_seconds",
      Collector.Type.GAUGE,
      "For how long the first of them has waited.",
      Label.NAMESPACE),
  OUTBOX_DEAD(
      "nearside_outbox_dead",
      Collector.Type.GAUGE,
      "Writes that the database never takes, put aside.",
      Label.NAMESPACE),
  OUTBOXES_UNATTENDED(
      "nearside_outboxes_unattended",
      Collector.Type.GAUGE,
      "Outboxes at this Redis that have something, and that no sidecar has written for 30 s."),
  OUTBOX_KEYS(
      "nearside_outbox_keys_total",
      Collector.Type.COUNTER,
      "Keys written behind that the database has taken from this sidecar, or never takes.",
      Label.OUTBOX_RESULT),
  OUTBOX_FAILURES(
      "nearside_outbox_failures_total",
      Collector.Type.COUNTER,
      "Times when this sidecar could not go on draining, and tried again later."),
  CAPTURE_STATE(
      "nearside_capture_state",
      Collector.Type.GAUGE,
      "1 for what this sidecar does about changes of captured tables, else 0: another reads them"
          + " (standby), it begins to, it reads them, or the database is not fit for it (refused).",
      Label.CAPTURE_STATE),
  CAPTURE_CHANGES(
      "nearside_capture_changes_total",
      Collector.Type.COUNTER,
      "Keys that this sidecar has deleted in Redis because their rows were changed."),
  CAPTURE_LAG(
      "nearside_capture_lag_seconds",
      Collector.Type.GAUGE,
      "From the commit of the last captured change, by the database's clock, until its keys were"
          + " deleted, by ours."),
  CAPTURE_FLUSHES(
      "nearside_capture_flushes_total",
      Collector.Type.COUNTER,
      "Times that this sidecar deleted all keys of captured namespaces: as it began to read, and at"
          + " a TRUNCATE."),
  CAPTURE_FAILURES(
      "nearside_capture_failures_total",
      Collector.Type.COUNTER,
      "Times that reading changes ended before the sidecar did."),
  LEASES(
      "nearside_leases_total",
      Collector.Type.COUNTER,
      "Reads of the database whose key's lease was taken here, waited for because another had it, or"
          + " said that the row is known to be absent.",
      Label.LEASE_RESULT),
  LEASE_WAKES(
      "nearside_lease_wakes_total",
      Collector.Type.COUNTER,
      "Ends of a wait for another's lease: its push, its expiry, the read's own deadline, or the loss"
          + " of the connection that waits.",
      Label.LEASE_WAKE),
  LEASE_WAITERS(
      "nearside_lease_waiters", Collector.Type.GAUGE, "Reads that wait for another's lease."),
  EVENT_LOOP_PENDING(
      "nearside_event_loop_pending_tasks",
      Collector.Type.GAUGE,
      "Tasks queued to an event loop.",
      Label.LOOP),
  SCRAPE_ERRORS(
      "nearside_scrape_errors_total",
      Collector.Type.COUNTER,
      "Gauges that could not be read and were left out of a scrape."),
  BUILD(
      "nearside_build_info",
      Collector.Type.INFO,
      "Always 1; which build runs, and how it drives its sockets.",
      Label.VERSION,
      Label.TRANSPORT);

  private final String fullName;
  private final Collector.Type type;
  private final String help;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<Label> labels;

  Metric(String fullName, Collector.Type type, String help, Label... labels) {
    this.fullName = fullName;
    this.type = type;
    this.help = help;
    this.labels = List.of(labels);
  }

  /** Returns its name as a query writes it, for example {@code nearside_requests_total}. */
  public String fullName() {
    return fullName;
  }

  /** Returns its type. */
  public Collector.Type type() {
    return type;
  }

  /** Returns its meaning, one sentence. */
  public String help() {
    return help;
  }

  /** Returns its labels' names, in the order in which values are given. */
  public List<String> labelKeys() {
    return labels.stream().map(Label::key).toList();
  }

  List<Label> labels() {
    return labels;
  }

  /** Returns the name without the ending that its type adds to samples. */
  String familyName() {
    return fullName.replaceFirst("(_total|_info)$", "");
  }

  /** Returns the base unit that the name ends with, or nothing. */
  String unit() {
    return Stream.of("seconds", "bytes")
        .filter(unit -> familyName().endsWith("_" + unit))
        .findFirst()
        .orElse("");
  }
}

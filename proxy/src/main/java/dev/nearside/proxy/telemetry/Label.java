package dev.nearside.proxy.telemetry;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A label and the values it may have. Where the list is empty they come from the configuration or
 * the machine, which bound them as well; never from a client.
 */
enum Label {
  WAY("way", Way.values()),
  COMMAND("command", CommandLabel.values()),
  TIER("tier", Tier.values()),
  NAMESPACE("namespace"),
  FILL_RESULT("result", FillResult.values()),
  RETRIED("what", "redis", "database"),
  REFRESH_RESULT("result", RefreshResult.values()),
  AUDIT_RESULT("result", AuditResult.values()),
  CAUSE("cause", InvalidationCause.values()),
  GENERATION_END("reason", GenerationEnd.values()),
  CHECK("check", "role", "tracking-info", "permission", "swapdb", "server-clock", "slots"),
  BREACH("kind", Breach.values()),
  SCOPE("scope", InvalidationScope.values()),
  FLEET_EVENT("event", FleetEvent.values()),
  REPAIR_CAUSE("cause", RepairCause.values()),
  CONNECTION_KIND(
      "kind",
      "reads",
      "writes",
      "scripts",
      "bulk",
      "greeting",
      "pinned",
      "tracked",
      "leases",
      "administration",
      "fleet"),
  REJECTION("reason", "max-clients", "draining", "identity", "tls", "proxy-protocol"),
  CLOSING("reason", CloseReason.values()),
  FAILURE(
      "reason",
      "disconnected",
      "timeout",
      "breaker-open",
      "saturated",
      "error",
      "misfit",
      "refused",
      "stopping",
      "connect",
      "handshake",
      "tracking-refused",
      "protocol"),
  BREAKER("name"),
  BREAKER_STATE("state", "closed", "half-open", "open"),
  QUERY_RESULT("result", "ok", "timeout", "rejected", "error"),
  CLEANING_RESULT("result", "ok", "error"),
  OUTBOX_RESULT("result", "drained", "dead"),
  CAPTURE_STATE("state", "standby", "starting", "reading", "refused"),
  LEASE_RESULT("result", "taken", "waited", "absent"),
  LEASE_WAKE("cause", "push", "timer", "deadline", "lost"),
  POOL_STATE("state", "active", "idle"),
  LOOP("loop"),
  VERSION("version"),
  TRANSPORT("transport");

  private final String key;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> domain;

  Label(String key, String... values) {
    this.key = key;
    this.domain = List.of(values);
  }

  Label(String key, Enum<?>[] values) {
    this(key, Stream.of(values).map(Label::text).toArray(String[]::new));
  }

  /** Returns the label's name as it is written. */
  String key() {
    return key;
  }

  /** Returns every value it may have, or none where the configuration bounds them. */
  List<String> domain() {
    return domain;
  }

  /** Returns a constant as label values are written: lower case, with hyphens. */
  static String text(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

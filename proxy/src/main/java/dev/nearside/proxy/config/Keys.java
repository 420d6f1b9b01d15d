package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.config.NearsideConfig.Database;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.config.NearsideConfig.MgetMode;
import dev.nearside.proxy.config.NearsideConfig.UnheldReads;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The keys outside of namespaces, in the order in which they are shown. */
final class Keys {
  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;
  private static final long LARGEST = 1L << 50;
  private static final int MOST_KEEPALIVE_S = 32_767;
  private static final int MOST_TRACKED_KEYS = 50_000_000;
  private static final ValueType<Duration> WAIT = ValueTypes.duration(Duration.ofMillis(1));
  private static final ValueType<Duration> WAIT_OR_NONE = ValueTypes.duration(Duration.ZERO);

  static final Key<NearsideConfig, Integer> EVENT_LOOPS =
      Key.optional(
          "event-loops",
          ValueTypes.wholeNumber(1, 1_024),
          "1 on up to 2 cores, else half the cores, at most 4",
          "Threads that serve clients.",
          NearsideConfig::eventLoops);

  static final Key<NearsideConfig, Duration> GRACE_PERIOD =
      Key.of(
          "grace-period",
          WAIT_OR_NONE,
          "10s",
          "How long a stop waits for what is in flight.",
          NearsideConfig::gracePeriod);

  static final Key<NearsideConfig, L1Mode> L1_MODE =
      Key.of(
          "l1.mode",
          ValueTypes.choice("a mode", L1Mode.class, Map.of("true", L1Mode.ON, "false", L1Mode.OFF)),
          "on",
          "`on` serves from memory; `shadow` fills, and compares with each reply what it would have"
              + " served, but serves nothing; `off` holds nothing.",
          config -> config.l1().mode());

  static final Key<NearsideConfig, Long> L1_MAX_BYTES =
      Key.of(
          "l1.max-bytes",
          ValueTypes.size(64 * KIB, LARGEST),
          "64MiB",
          "Bound on keys, values and their bookkeeping together.",
          config -> config.l1().maxBytes());

  static final Key<NearsideConfig, Integer> L1_MAX_ENTRY =
      Key.of(
          "l1.max-entry",
          ValueTypes.arraySize(1),
          "1MiB",
          "Larger values are never held.",
          config -> config.l1().maxEntryBytes());

  static final Key<NearsideConfig, Duration> L1_MAX_TTL =
      Key.of(
          "l1.max-ttl",
          WAIT,
          "10m",
          "Cap on the life of an entry, whatever Redis says.",
          config -> config.l1().maxTtl());

  static final Key<NearsideConfig, Integer> L1_COMPRESS_ABOVE =
      Key.of(
          "l1.compress-above",
          ValueTypes.arraySize(1),
          "512KiB",
          "Values of at least this size are held LZ4-compressed when that saves a fifth; a hit on a"
              + " smaller one would cost as much CPU as Redis's answer, or more.",
          config -> config.l1().compressAboveBytes());

  static final Key<NearsideConfig, Duration> L1_ADMISSION_WINDOW =
      Key.of(
          "l1.admission-window",
          WAIT_OR_NONE,
          "60s",
          "A key is held from its second request within this time on; `0s` holds it at once.",
          config -> config.l1().admissionWindow());

  static final Key<NearsideConfig, Duration> L1_TOUCH_INTERVAL =
      Key.of(
          "l1.touch-interval",
          WAIT_OR_NONE,
          "10s",
          "How often a Redis that evicts by LRU or LFU is told, by `TOUCH`, which keys memory has"
              + " answered; `0s` never tells it.",
          config -> config.l1().touchInterval());

  static final Key<NearsideConfig, MgetMode> L1_MGET =
      Key.of(
          "l1.mget",
          ValueTypes.choice("a way", MgetMode.class, Map.of()),
          "snapshot",
          "`snapshot` answers MGET from memory only where all of its keys are there, as they were at"
              + " one moment; `merge` takes each key from where it is, as many GETs would.",
          config -> config.l1().mget());

  static final Key<NearsideConfig, Boolean> L1_SKIP_CHURNING =
      Key.of(
          "l1.skip-churning",
          ValueTypes.BOOLEAN,
          "true",
          "Whether a key that was invalidated three times before it was served from memory once is"
              + " left in Redis for half a minute.",
          config -> config.l1().skipsChurning());

  static final Key<NearsideConfig, Boolean> L1_EARLY_REFRESH =
      Key.of(
          "l1.early-refresh",
          ValueTypes.BOOLEAN,
          "true",
          "Whether a hot entry is read again just before it expires, so that nobody waits then.",
          config -> config.l1().refreshesEarly());

  static final Key<NearsideConfig, CoherenceMode> COHERENCE_MODE =
      Key.of(
          "coherence.mode",
          ValueTypes.choice("a mode", CoherenceMode.class, Map.of("false", CoherenceMode.OFF)),
          "tracking",
          "`tracking` holds what Redis pushes the changes of, and nothing where it cannot; `ttl`, for"
              + " upstreams without tracking, holds everything for no longer than"
              + " `coherence.max-staleness`; `off` holds nothing.",
          config -> config.coherence().mode());

  static final Key<NearsideConfig, Duration> COHERENCE_MAX_STALENESS =
      Key.of(
          "coherence.max-staleness",
          WAIT,
          "1s",
          "An answer from memory is never older than this, whatever fails.",
          config -> config.coherence().maxStaleness());

  static final Key<NearsideConfig, Duration> COHERENCE_HEARTBEAT =
      Key.of(
          "coherence.heartbeat",
          WAIT,
          "200ms",
          "The longest silence on the tracked connection before it is pinged. Less than"
              + " `coherence.max-staleness`.",
          config -> config.coherence().heartbeat());

  static final Key<NearsideConfig, Duration> COHERENCE_FILL_TIMEOUT =
      Key.of(
          "coherence.fill-timeout",
          WAIT,
          "1s",
          "Bound on one tracked read.",
          config -> config.coherence().fillTimeout());

  static final Key<NearsideConfig, Integer> COHERENCE_MAX_TRACKED_KEYS =
      Key.of(
          "coherence.max-tracked-keys",
          ValueTypes.wholeNumber(1, MOST_TRACKED_KEYS),
          "500000",
          "How many keys, about, Redis is made to remember for this sidecar, shared evenly by its"
              + " local databases, or the primaries of a cluster; each costs Redis some 50 bytes until it changes. Beyond it, reads"
              + " of further keys are relayed.",
          config -> config.coherence().maxTrackedKeys());

  static final Key<NearsideConfig, Duration> COHERENCE_PERMISSION_TTL =
      Key.of(
          "coherence.permission-ttl",
          WAIT,
          "5s",
          "A permission that the sidecar's own user loses at Redis ends local reads within this time."
              + " Where that user may not run `ACL GETUSER`, nothing is held for longer than this.",
          config -> config.coherence().permissionTtl());

  static final Key<NearsideConfig, Duration> COHERENCE_AUDIT_INTERVAL =
      Key.of(
          "coherence.audit-interval",
          WAIT_OR_NONE,
          "1s",
          "One answer from memory in each interval is compared with Redis, on another connection and"
              + " behind a barrier; `0s` compares none.",
          config -> config.coherence().auditInterval());

  static final Key<NearsideConfig, UnheldReads> COHERENCE_UNHELD_READS =
      Key.of(
          "coherence.unheld-reads",
          ValueTypes.choice("a way", UnheldReads.class, Map.of()),
          "auto",
          "Where a single `GET` goes whose key memory does not hold and shall not, because it is its"
              + " first for example. `relayed`: as it came; the next answer from memory then waits until Redis"
              + " was asked for changes behind it. `ordered`: on the tracked connection, as `GETEX`,"
              + " which Redis does not remember; nothing waits then. `auto`: ordered where Redis is"
              + " 200 µs away or more. Relayed in any case: what is pipelined or large, or may come"
              + " from a database, where the sidecar's user may not do everything, and for a minute"
              + " after Redis has refused a `GETEX` or, as it does while writes are paused, left it"
              + " unanswered, which closes memory once.",
          config -> config.coherence().unheldReads());

  static final Key<NearsideConfig, String> DATABASE_URL =
      Key.optional(
          "database.url",
          ValueTypes.JDBC_URL,
          "no database",
          "The PostgreSQL behind the namespaces: `jdbc:postgresql://host:port/database`.",
          ofDatabase(Database::url));

  static final Key<NearsideConfig, String> DATABASE_USER =
      Key.optional(
          "database.user",
          ValueTypes.text("a user", "the name of a database user"),
          "the driver's",
          "The user as which the sidecar reads.",
          ofDatabase(Database::user));

  static final Key<NearsideConfig, String> DATABASE_PASSWORD =
      Key.optional(
          "database.password",
          ValueTypes.SECRET,
          "none",
          "That user's password; never shown.",
          ofDatabase(Database::password));

  static final Key<NearsideConfig, String> DATABASE_PASSWORD_FILE =
      Key.optional(
          "database.password-file",
          ValueTypes.PASSWORD_FILE,
          "none",
          "A file that holds the password, read once at start; one trailing line break is dropped.",
          config -> null);

  static final Key<NearsideConfig, Integer> DATABASE_POOL_SIZE =
      Key.of(
          "database.pool-size",
          ValueTypes.wholeNumber(1, 1_000),
          "8",
          "Connections, and so the most queries at once.",
          ofDatabase(Database::poolSize));

  static final Key<NearsideConfig, Duration> DATABASE_TIMEOUT =
      Key.of(
          "database.timeout",
          WAIT,
          "2s",
          "Bound on one read: waiting for a connection and the statement together.",
          ofDatabase(Database::timeout));

  static final Key<NearsideConfig, Integer> DATABASE_MAX_BATCH =
      Key.of(
          "database.max-batch",
          ValueTypes.wholeNumber(1, 100_000),
          "512",
          "The most keys in one statement.",
          ofDatabase(Database::maxBatch));

  static final Key<NearsideConfig, Integer> DATABASE_COMPRESS_ABOVE =
      Key.of(
          "database.compress-above",
          ValueTypes.arraySize(1),
          "512KiB",
          "Values of at least this size are written to the long-term store LZ4-compressed when that"
              + " saves a fifth.",
          ofDatabase(Database::compressAboveBytes));

  static final Key<NearsideConfig, Integer> LIMITS_MAX_CLIENTS =
      Key.of(
          "limits.max-clients",
          ValueTypes.wholeNumber(1, 1_000_000),
          "10000",
          "Connections accepted at once.",
          config -> config.limits().maxClients());

  static final Key<NearsideConfig, Long> LIMITS_MAX_BULK =
      Key.of(
          "limits.max-bulk",
          ValueTypes.size(MIB, LARGEST),
          "512MiB",
          "The longest bulk string of a request, as Redis's `proto-max-bulk-len`.",
          config -> config.limits().maxBulkBytes());

  static final Key<NearsideConfig, Long> LIMITS_MAX_QUERY_BUFFER =
      Key.of(
          "limits.max-query-buffer",
          ValueTypes.size(MIB, LARGEST),
          "1GiB",
          "A client of whose one argument more than this has come is closed without a word, as by"
              + " Redis's `client-query-buffer-limit`. The sidecar itself keeps none of it: large"
              + " requests flow through, and a client that sends faster than it is served is not"
              + " read from.",
          config -> config.limits().maxQueryBufferBytes());

  static final Key<NearsideConfig, Long> LIMITS_MAX_OUTPUT =
      Key.of(
          "limits.max-output",
          ValueTypes.size(MIB, LARGEST),
          "64MiB",
          "What the sidecar itself keeps of replies for one client before it closes it: unread by"
              + " the client, behind an earlier reply that has not come, or of an MGET that is read"
              + " key by key. On a connection of its own (pub/sub, MONITOR, …) what a client leaves"
              + " unread stays in Redis, whose `client-output-buffer-limit` then acts.",
          config -> config.limits().maxOutputBytes());

  static final Key<NearsideConfig, Duration> LIMITS_IDLE_TIMEOUT =
      Key.of(
          "limits.idle-timeout",
          WAIT_OR_NONE,
          "0s",
          "How long a client may neither send nor take anything before it is closed, to about a"
              + " second, as Redis's `timeout`; `0s` is for ever. Whoever waits for a reply,"
              + " subscribes, monitors or replicates is not idle.",
          config -> config.limits().idleTimeout());

  static final Key<NearsideConfig, Duration> LIMITS_TCP_KEEPALIVE =
      Key.of(
          "limits.tcp-keepalive",
          ValueTypes.seconds(MOST_KEEPALIVE_S),
          "300s",
          "Silence after which TCP asks whether a client is still there, as Redis's"
              + " `tcp-keepalive`: three probes, a third of this apart; `0s` never asks.",
          config -> config.limits().tcpKeepalive());

  private static final List<Key<NearsideConfig, ?>> PROCESS = List.of(EVENT_LOOPS, GRACE_PERIOD);

  private static final List<Key<NearsideConfig, ?>> TIERS =
      List.of(
          L1_MODE,
          L1_MAX_BYTES,
          L1_MAX_ENTRY,
          L1_MAX_TTL,
          L1_COMPRESS_ABOVE,
          L1_ADMISSION_WINDOW,
          L1_TOUCH_INTERVAL,
          L1_MGET,
          L1_SKIP_CHURNING,
          L1_EARLY_REFRESH,
          COHERENCE_MODE,
          COHERENCE_MAX_STALENESS,
          COHERENCE_HEARTBEAT,
          COHERENCE_FILL_TIMEOUT,
          COHERENCE_MAX_TRACKED_KEYS,
          COHERENCE_PERMISSION_TTL,
          COHERENCE_AUDIT_INTERVAL,
          COHERENCE_UNHELD_READS,
          DATABASE_URL,
          DATABASE_USER,
          DATABASE_PASSWORD,
          DATABASE_PASSWORD_FILE,
          DATABASE_POOL_SIZE,
          DATABASE_TIMEOUT,
          DATABASE_MAX_BATCH,
          DATABASE_COMPRESS_ABOVE,
          CaptureKeys.CAPTURE,
          CaptureKeys.PUBLICATION,
          LIMITS_MAX_CLIENTS,
          LIMITS_MAX_BULK,
          LIMITS_MAX_QUERY_BUFFER,
          LIMITS_MAX_OUTPUT,
          LIMITS_IDLE_TIMEOUT,
          LIMITS_TCP_KEEPALIVE);

  static final List<Key<NearsideConfig, ?>> ALL =
      Stream.of(ListenKeys.ALL, PROCESS, TlsKeys.ALL, UpstreamKeys.ALL, TIERS)
          .flatMap(List::stream)
          .toList();

  private Keys() {}

  private static <T> Function<NearsideConfig, @Nullable T> ofDatabase(
      Function<Database, @Nullable T> value) {
    return config -> {
      Database database = config.database();
      return database == null ? null : value.apply(database);
    };
  }
}

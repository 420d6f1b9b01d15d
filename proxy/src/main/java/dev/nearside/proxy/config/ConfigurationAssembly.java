package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Coherence;
import dev.nearside.proxy.config.NearsideConfig.Database;
import dev.nearside.proxy.config.NearsideConfig.DatabaseRead;
import dev.nearside.proxy.config.NearsideConfig.L1;
import dev.nearside.proxy.config.NearsideConfig.Limits;
import dev.nearside.proxy.config.NearsideConfig.Namespace;
import dev.nearside.proxy.config.NearsideConfig.Query;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds the configuration from settings. Whatever is missing or malformed has a stand-in. */
final class ConfigurationAssembly {
  private final Settings settings;
  private final Problems problems;
  private final TlsAssembly tls;

  ConfigurationAssembly(Settings settings, Problems problems, TlsChecks checks) {
    this.settings = settings;
    this.problems = problems;
    this.tls = new TlsAssembly(settings, problems, checks);
  }

  NearsideConfig assemble() {
    int cores = Runtime.getRuntime().availableProcessors();
    L1 l1 = l1();
    return new NearsideConfig(
        read(ListenKeys.LISTEN),
        read(ListenKeys.LISTEN_MODE),
        read(ListenKeys.HTTP),
        read(ListenKeys.TRUST),
        tls.ofListener(),
        read(ListenKeys.PROXY_PROTOCOL),
        read(ListenKeys.TRANSPORT),
        settings.read("", Keys.EVENT_LOOPS, defaultEventLoops(cores)),
        read(Keys.GRACE_PERIOD),
        new UpstreamAssembly(settings, problems, tls).assemble(),
        l1,
        new Coherence(
            read(Keys.COHERENCE_MODE),
            read(Keys.COHERENCE_MAX_STALENESS),
            read(Keys.COHERENCE_HEARTBEAT),
            read(Keys.COHERENCE_FILL_TIMEOUT),
            read(Keys.COHERENCE_MAX_TRACKED_KEYS),
            read(Keys.COHERENCE_PERMISSION_TTL),
            read(Keys.COHERENCE_AUDIT_INTERVAL),
            read(Keys.COHERENCE_UNHELD_READS)),
        database(),
        settings.names(Family.NAMESPACES).stream()
            .map(name -> namespace(name, l1.maxTtl()))
            .toList(),
        settings.names(Family.QUERIES).stream().map(name -> query(name, l1.maxTtl())).toList(),
        new Limits(
            read(Keys.LIMITS_MAX_CLIENTS),
            read(Keys.LIMITS_MAX_BULK),
            read(Keys.LIMITS_MAX_QUERY_BUFFER),
            read(Keys.LIMITS_MAX_OUTPUT),
            read(Keys.LIMITS_IDLE_TIMEOUT),
            read(Keys.LIMITS_TCP_KEEPALIVE)));
  }

  /** A sidecar is a guest: it takes half of the cores, and never more than four. */
  static int defaultEventLoops(int cores) {
    return cores <= 2 ? 1 : Math.min(cores / 2, 4);
  }

  private <T> T read(Key<NearsideConfig, T> key) {
    return settings.readWithDefault("", key);
  }

  private L1 l1() {
    return new L1(
        read(Keys.L1_MODE),
        read(Keys.L1_MAX_BYTES),
        read(Keys.L1_MAX_ENTRY),
        read(Keys.L1_MAX_TTL),
        read(Keys.L1_COMPRESS_ABOVE),
        read(Keys.L1_ADMISSION_WINDOW),
        read(Keys.L1_TOUCH_INTERVAL),
        read(Keys.L1_MGET),
        read(Keys.L1_SKIP_CHURNING),
        read(Keys.L1_EARLY_REFRESH));
  }

  private @Nullable Database database() {
    String url = settings.read("", Keys.DATABASE_URL);
    String password =
        new FileValues(settings, problems)
            .read(Keys.DATABASE_PASSWORD, Keys.DATABASE_PASSWORD_FILE);
    String user = settings.read("", Keys.DATABASE_USER);
    int poolSize = read(Keys.DATABASE_POOL_SIZE);
    Duration timeout = read(Keys.DATABASE_TIMEOUT);
    int maxBatch = read(Keys.DATABASE_MAX_BATCH);
    int compressAbove = read(Keys.DATABASE_COMPRESS_ABOVE);
    NearsideConfig.Capture capture =
        new NearsideConfig.Capture(
            settings.read("", CaptureKeys.CAPTURE, List.of()), read(CaptureKeys.PUBLICATION));
    if (url != null) {
      return new Database(url, user, password, poolSize, timeout, maxBatch, compressAbove, capture);
    }
    refuseDatabaseWithoutUrl();
    return null;
  }

  private void refuseDatabaseWithoutUrl() {
    for (String path : Layout.TOP.pathsIn("database")) {
      if (settings.isGiven(path) && !problems.isRefused(Keys.DATABASE_URL.path())) {
        problems.add(
            settings.origin(path), path, "given without database.url; expected both or neither");
      }
    }
  }

  private Namespace namespace(String name, Duration maxTtl) {
    String prefix = NamespaceKeys.prefix(name);
    DatabaseRows rows = rows(prefix);
    String value = settings.readWithDefault(prefix, NamespaceKeys.VALUE);
    NearsideConfig.WhenUnavailable whenUnavailable =
        settings.readWithDefault(prefix, NamespaceKeys.WHEN_UNAVAILABLE);
    NearsideConfig.WriteMode write = settings.readWithDefault(prefix, NamespaceKeys.WRITE);
    boolean behind = write == NearsideConfig.WriteMode.BEHIND;
    NearsideConfig.Durability durability =
        settings.readWithDefault(prefix, NamespaceKeys.DURABILITY);
    int outboxLimit = settings.readWithDefault(prefix, NamespaceKeys.OUTBOX_LIMIT);
    return new Namespace(
        name,
        settings.read(prefix, NamespaceKeys.KEYS, ""),
        settings.read(prefix, NamespaceKeys.L1_TTL, maxTtl),
        settings.read(prefix, NamespaceKeys.L2_TTL, Duration.ZERO),
        settings.readWithDefault(prefix, NamespaceKeys.NEGATIVE_TTL),
        settings.readWithDefault(prefix, NamespaceKeys.STRICT),
        settings.readWithDefault(prefix, NamespaceKeys.STALE_IF_ERROR),
        settings.read(prefix, NamespaceKeys.TAGS, List.of()),
        rows == null
            ? null
            : new DatabaseRead(
                rows,
                value,
                whenUnavailable,
                write,
                behind ? durability : NearsideConfig.Durability.FSYNC,
                behind ? outboxLimit : 0));
  }

  private Query query(String name, Duration maxTtl) {
    String prefix = QueryKeys.prefix(name);
    return new Query(
        name,
        settings.read(prefix, QueryKeys.SQL, ""),
        settings.read(prefix, QueryKeys.ARGUMENTS, List.of()),
        settings.read(prefix, QueryKeys.L1_TTL, maxTtl),
        settings.read(prefix, QueryKeys.L2_TTL, Duration.ZERO),
        settings.readWithDefault(prefix, QueryKeys.STRICT),
        settings.readWithDefault(prefix, QueryKeys.STALE_IF_ERROR),
        settings.read(prefix, QueryKeys.TAGS, List.of()),
        settings.readWithDefault(prefix, QueryKeys.MAX_ROWS),
        settings.readWithDefault(prefix, QueryKeys.MAX_BYTES));
  }

  /** Of several that contradict each other, the first. */
  private @Nullable DatabaseRows rows(String prefix) {
    String query = settings.read(prefix, NamespaceKeys.QUERY);
    DatabaseRows.Table table = settings.read(prefix, NamespaceKeys.TABLE);
    boolean store = settings.readWithDefault(prefix, NamespaceKeys.STORE);
    if (query != null) {
      return new DatabaseRows.Query(query);
    }
    return table == null && store ? new DatabaseRows.Store() : table;
  }
}

package dev.nearside.proxy.tier;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.ConfigurationException;
import dev.nearside.proxy.config.ConfigurationLoader;
import dev.nearside.proxy.config.ConfigurationSources;
import dev.nearside.proxy.config.ConfigurationSources.Flag;
import dev.nearside.proxy.config.NamespaceChecks;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.WhenUnavailable;
import dev.nearside.proxy.config.TlsChecks;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.security.SecurityFiles;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.DatabaseFill.Outcome;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.tier.redis.Look;
import dev.nearside.proxy.tier.redis.RedisConnections;
import dev.nearside.proxy.tier.redis.Sockets;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Flights whose row is not there, and what has become meanwhile of who would tell of a change. */
class FlightEndTest {
  private static final byte[] NAME = "prompt:7".getBytes(UTF_8);
  private static final Duration HOUR = Duration.ofHours(1);

  private final NearsideConfig.Namespace settings =
      new NearsideConfig.Namespace(
          "prompt",
          "prompt:{id}",
          HOUR,
          HOUR,
          HOUR,
          false,
          Duration.ZERO,
          List.of(),
          new NearsideConfig.DatabaseRead("SELECT 1", "value", WhenUnavailable.ERROR));
  private final Namespaces namespaces = Namespaces.of(List.of(settings));
  private final Namespace namespace = namespaces.all().getFirst();
  private final Metrics metrics = new Metrics(new CollectorRegistry(), List.of("prompt"));
  private final LocalTier local = new LocalTier(1 << 20, 1 << 20);
  private final Coherence coherence =
      new Coherence(local, List.of(0), Duration.ofSeconds(1), metrics);
  private final Shard shard = coherence.shards().getFirst();
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
  private final RedisConnections connections = connections();
  private final SharedFills fills =
      new SharedFills(coherence.fences(), HOUR.toNanos(), System::nanoTime);
  private final LookupKey key = new LookupKey().set(0, NAME);
  private final CompletableFuture<Outcome> underWay = new CompletableFuture<>();
  private final AtomicBoolean watched = new AtomicBoolean(true);
  private final Outcome absent = Outcome.absent(true, new Look.Absent(60_000, watched::get));
  private Entry token;

  /** Those of a Redis that nobody connects to. */
  private RedisConnections connections() {
    Flag upstream = new Flag("--upstream", "upstream.uri", "redis://127.0.0.1:1");
    try {
      NearsideConfig config =
          new ConfigurationLoader(NamespaceChecks.NONE, TlsChecks.NONE)
              .load(new ConfigurationSources(null, Map.of(), List.of(upstream)))
              .config();
      return RedisConnections.of(
          new RedisConnections.Needs(
              config.upstream(),
              config.coherence(),
              new SecurityFiles(config),
              coherence,
              new Sockets(loops, LocalChannel.class),
              metrics,
              reply -> {}));
    } catch (ConfigurationException | IOException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void close() {
    connections.close();
    loops.shutdownGracefully();
  }

  /** A flight that has found nothing in Redis joins the read of the row that is under way. */
  private void fly() {
    token = local.token(key, shard.epochOf(key), 0, new Flight(System.nanoTime()));
    assertThat(local.begin(token)).isNull();
    var _ = fills.join(NAME, token.asOfNs(), alone -> underWay);
    Flights flights =
        new Flights(
            local,
            new Guard("redis", Guard.Limits.defaults(8), Clock.systemUTC()),
            new DatabaseFill(
                new FillContext(null, null, 1, LeaseCounters.of(metrics)),
                new DatabaseFill.Servers(name -> null, () -> {}),
                fills,
                1),
            new Admission(1 << 20, Duration.ZERO, false, coherence.churn(), 1 << 20),
            new Lifetime(HOUR),
            new FlightTimes(2),
            FillCounters.of(metrics),
            new TierCounters(metrics, namespaces),
            new ColdNamespaces(2));
    new FlightEnd(flights, shard, connections.tracked().of(shard), token, namespace).read(null, -2);
  }

  private boolean isHeld() {
    Entry found = local.find(key);
    return found != null && found.flight() == null && found.isNil();
  }

  @Test
  void absentRow_thatIsWatched_isHeld() {
    fly();
    underWay.complete(absent);
    assertThat(isHeld()).isTrue();
  }

  /** The loss came after the look, and before the token was put: it has found none to take away. */
  @Test
  void absentRow_whoseWatchEndedBefore_isToldButNotHeld() {
    watched.set(false);
    fly();
    underWay.complete(absent);
    assertThat(local.find(key)).isNull();
    assertThat(token.flight() == null && token.isNil()).isTrue();
  }

  /** The loss comes behind the look at the watch: it finds the token, or what was made of it. */
  @Test
  void absentRow_whoseWatchEndsWhileItIsPublished_isNotHeld() {
    fly();
    Outcome late =
        Outcome.absent(
            true,
            new Look.Absent(
                60_000,
                () -> {
                  shard.pushed(key); // as whoever is told of the loss does
                  return true;
                }));
    underWay.complete(late);
    assertThat(local.find(key)).isNull();
    assertThat(token.flight() == null && token.isNil()).isTrue();
  }
}

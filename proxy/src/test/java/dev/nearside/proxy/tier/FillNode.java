package dev.nearside.proxy.tier;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.coherence.Fences;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer.Hit;
import dev.nearside.proxy.tier.Answer.Miss;
import dev.nearside.proxy.tier.DatabaseFill.Outcome;
import dev.nearside.proxy.tier.redis.Connector;
import dev.nearside.proxy.tier.redis.LeaseWatch;
import dev.nearside.proxy.tier.redis.Leases;
import dev.nearside.proxy.tier.redis.Leases.Attempt;
import dev.nearside.proxy.tier.redis.Look.Wake;
import dev.nearside.proxy.tier.redis.SideNames;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.prometheus.client.CollectorRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The fills of one sidecar over a real Redis; its database answers when the test says so. */
final class FillNode implements AutoCloseable {
  static final Duration LONG = Duration.ofSeconds(30);

  private static final String NODE = "the only one";

  /** Reads of rows that are asked for and not yet answered. */
  final Queue<CompletableFuture<Answer>> asked = new ConcurrentLinkedQueue<>();

  /** The keys of which L1 may hold or fly something out of date. */
  final Queue<String> outdated = new ConcurrentLinkedQueue<>();

  final DatabaseFill fill;
  private final Namespace namespace;
  private final LeaseCounters counters;
  private final LeaseWatch watch;
  private final RedisClient client;
  private final StatefulRedisConnection<byte[], byte[]> connection;
  private final ScheduledExecutorService scheduler =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("fill-node").factory());

  /**
   * Connects a node.
   *
   * @param name of the connection on which it waits
   * @param timeout bound on its waits
   */
  FillNode(int port, String name, Duration timeout, Duration negativeTtl) {
    client = RedisClient.create();
    client.setOptions(ClientOptions.builder().autoReconnect(false).build());
    RedisURI uri = RedisURI.Builder.redis("127.0.0.1", port).withClientName(name).build();
    connection = client.connect(ByteArrayCodec.INSTANCE, RedisURI.create("127.0.0.1", port));
    watch =
        new LeaseWatch(
            Connector.to(client, uri),
            SideNames.PLAIN,
            scheduler,
            new ConnectPace(),
            new LeaseWatch.Settings(Duration.ofMillis(100), LONG, LONG),
            key -> outdated.add(new String(key, UTF_8)));
    watch.start();
    Waiting.until("it can wait for leases", watch::isOpen);
    namespace = namespace(negativeTtl);
    counters = LeaseCounters.of(new Metrics(new CollectorRegistry(), List.of()));
    Leases leases = new Leases(connection, watch);
    leases.reached(NODE);
    Timer timer = (task, delayNs) -> scheduler.schedule(task, delayNs, TimeUnit.NANOSECONDS);
    fill =
        new DatabaseFill(
            new FillContext(this::ask, timer, timeout.toNanos(), counters),
            new DatabaseFill.Servers(key -> leases, leases::flush),
            new SharedFills(new Fences(), LONG.toNanos(), System::nanoTime),
            timeout.toNanos());
  }

  static Namespace namespace(Duration negativeTtl) {
    return Namespace.of(
        new NearsideConfig.Namespace(
            "prompt",
            "prompt:{id}",
            LONG,
            LONG,
            negativeTtl,
            false,
            Duration.ZERO,
            List.of(),
            null));
  }

  private CompletableFuture<Answer> ask(Namespace of, byte[] name, long timeoutNs) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    asked.add(answer);
    return answer;
  }

  CompletableFuture<Outcome> get(String key) {
    return fill.fill(namespace, key.getBytes(UTF_8), true, System.nanoTime());
  }

  /** Asks for the lease of {@code key}, at once. */
  CompletableFuture<Attempt> takeLease(String key) {
    CompletableFuture<Attempt> attempt = fill.takeLease(key.getBytes(UTF_8), NODE);
    fill.flush();
    return attempt;
  }

  /** As {@link #get}, for a reader who may join any fill that can be joined. */
  CompletableFuture<Outcome> getOrJoin(String key) {
    return fill.fill(namespace, key.getBytes(UTF_8), true, System.nanoTime() - LONG.toNanos());
  }

  /** From now on it notices no time: it renews no lease and ends no wait. */
  void stopTimers() {
    scheduler.shutdownNow();
  }

  CompletableFuture<Boolean> refresh(String key, String old) {
    return fill.refresh(namespace, key.getBytes(UTF_8), old.getBytes(UTF_8));
  }

  void awaitAsked() {
    Waiting.until("the row is asked for", () -> !asked.isEmpty());
  }

  void awaitWaiting(int readers) {
    Waiting.until(readers + " wait", () -> fill.waiting() == readers);
  }

  /** Answers the oldest read with a row, or with "no row". */
  void answer(String value) {
    answer(value == null ? Miss.INSTANCE : new Hit(value.getBytes(UTF_8)));
  }

  void answer(Answer answer) {
    awaitAsked();
    asked.remove().complete(answer);
  }

  long woken(Wake wake) {
    return counters.wakes().get(wake).sum();
  }

  long taken() {
    return counters.taken().sum();
  }

  long markersRead() {
    return counters.absent().sum();
  }

  /** Returns the value of an outcome, {@code null} for "no row". */
  static String value(CompletableFuture<Outcome> outcome) {
    return switch (outcome.orTimeout(20, TimeUnit.SECONDS).join().answer()) {
      case Hit hit -> new String(hit.value(), UTF_8);
      case Miss miss -> null;
      case Answer.Unavailable no -> no.reason().label();
    };
  }

  @Override
  public void close() {
    watch.close();
    connection.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
    scheduler.shutdownNow();
  }
}

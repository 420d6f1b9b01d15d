package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.config.NearsideConfig.UnheldReads;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.ScriptedUpstream;
import dev.nearside.proxy.scene.ScriptedUpstream.Connection;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.telemetry.Breach;
import dev.nearside.proxy.telemetry.GenerationEnd;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.protocol.ProtocolVersion;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a generation is given up although its connection is there, and when it is not. */
@Timeout(60)
class TrackedConnectionIT {
  private static final Duration HEARTBEAT = Duration.ofMillis(20);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final String PRIMARY = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
  private static final String TRACKED =
      "%3\r\n$5\r\nflags\r\n~1\r\n$2\r\non\r\n$8\r\nredirect\r\n:0\r\n$8\r\nprefixes\r\n*0\r\n";

  private final Metrics metrics = new Metrics(new CollectorRegistry(), List.of());
  private final Coherence coherence =
      new Coherence(new LocalTier(1 << 20, 1 << 20), List.of(0), SECOND, metrics);
  private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
  private final AtomicLong wallStepMs = new AtomicLong();
  private final RedisClient client = RedisClient.create();
  private final Map<String, String> answers = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();

  private volatile boolean silent;

  TrackedConnectionIT() {
    client.setOptions(
        ClientOptions.builder()
            .protocolVersion(ProtocolVersion.RESP3)
            .autoReconnect(false)
            .build());
    coherence.setMode(L1Mode.ON);
    answers.put("HELLO", "%2\r\n+server\r\n+redis\r\n+proto\r\n:3\r\n");
    answers.put("INFO", "$10\r\nrun_id:x\r\n\r\n");
    answers.put("PING", "+PONG\r\n");
    answers.put("ROLE", PRIMARY);
    answers.put("CLIENT TRACKINGINFO", TRACKED);
    answers.put("ACL WHOAMI", "$3\r\napp\r\n");
    answers.put("ACL GETUSER", "%1\r\n$8\r\ncommands\r\n$5\r\n+@all\r\n");
  }

  @AfterEach
  void end() {
    scheduler.shutdownNow();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
  }

  private TrackedConnection open(int port) {
    TrackedConnection connection =
        new TrackedConnection(
            Connector.to(client, RedisURI.create("127.0.0.1", port)),
            coherence.shards().getFirst(),
            new TrackedSettings(
                HEARTBEAT,
                SECOND,
                SECOND,
                Duration.ofMillis(1_200),
                100,
                false,
                true,
                UnheldReads.RELAYED,
                null),
            new TrackedContext(
                scheduler,
                new RelayNodes(),
                new ConnectPace(),
                new Clocks(System::nanoTime, () -> System.currentTimeMillis() + wallStepMs.get()),
                metrics));
    connection.start();
    awaitGeneration(1);
    return connection;
  }

  private void awaitGeneration(int number) {
    Waiting.until(
        "generation " + number + " is open",
        () ->
            coherence.shards().getFirst().generation() == number
                && coherence.shards().getFirst().isOpen());
  }

  private ScriptedUpstream scripted() throws IOException {
    return ScriptedUpstream.greeting(this::answer);
  }

  private void answer(List<String> request, Connection connection) throws IOException {
    String first = request.getFirst();
    String words = request.size() > 1 ? first + " " + request.get(1) : first;
    boolean handshake = first.equals("HELLO") || words.matches("CLIENT (?!TRACKING).*");
    if (silent && !handshake) {
      return;
    }
    asked.add(words);
    connection.send(answers.getOrDefault(words, answers.getOrDefault(first, "+OK\r\n")));
  }

  private long ended(GenerationEnd why) {
    return metrics.counter(Metric.GENERATIONS_ENDED, why.label()).sum();
  }

  private void awaitRounds(int rounds) {
    asked.clear();
    Waiting.until(
        "many heartbeats were answered",
        () -> asked.stream().filter("PING"::equals).count() > 60L * rounds);
  }

  @Test
  void wallClockSteps_generationIsGivenUpAndAnotherOpens() {
    try (RedisServer redis = RedisServer.start();
        TrackedConnection connection = open(redis.port())) {
      assertThat(connection.checksOff()).isEmpty();
      wallStepMs.set(60_000);
      awaitGeneration(2);
      assertThat(ended(GenerationEnd.CLOCK)).isEqualTo(1);
      assertThat(breaches(Breach.CLOCK)).isEqualTo(1);
    }
  }

  @Test
  void roleChanges_generationIsGivenUp() throws IOException {
    try (ScriptedUpstream upstream = scripted();
        TrackedConnection connection = open(upstream.port())) {
      assertThat(connection.state()).isEqualTo("open");
      answers.put("ROLE", "*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n$7\r\nconnect\r\n:0\r\n");
      awaitGeneration(2);
      assertThat(ended(GenerationEnd.ROLE)).isEqualTo(1);
      assertThat(breaches(Breach.ROLE)).isEqualTo(1);
    }
  }

  @Test
  void trackingIsOff_generationIsGivenUpAndNoneOpensUntilItIsOn() throws IOException {
    try (ScriptedUpstream upstream = scripted();
        TrackedConnection connection = open(upstream.port())) {
      answers.put("CLIENT TRACKINGINFO", TRACKED.replace("$2\r\non", "$3\r\noff"));
      Waiting.until("it says so", () -> connection.state().contains("tracking is not as"));
      assertThat(connection.isOpen()).isFalse();
      assertThat(ended(GenerationEnd.TRACKING)).isEqualTo(1);
      answers.put("CLIENT TRACKINGINFO", TRACKED);
      awaitGeneration(2);
    }
  }

  @Test
  void swapsAndClockStepsOfTheUpstream_emptyL1AndEndNothing() throws IOException {
    answers.put("TIME", "*2\r\n$3\r\n100\r\n$1\r\n0\r\n");
    try (ScriptedUpstream upstream = scripted();
        TrackedConnection connection = open(upstream.port())) {
      Waiting.until(
          "a clock that stands still is noticed", () -> breaches(Breach.SERVER_CLOCK) > 0);
      answers.put("TIME", "+OK\r\n");
      LookupKey any = new LookupKey();
      long epoch = coherence.shards().getFirst().epochOf(any);
      assertThat(epoch).isPositive();
      answers.put("INFO commandstats", "$23\r\ncmdstat_swapdb:calls=1,\r\n");
      Waiting.until("a swap is noticed", () -> breaches(Breach.SWAPDB) == 1);
      assertThat(coherence.shards().getFirst().epochOf(any)).isGreaterThan(epoch);
      assertThat(coherence.shards().getFirst().generation()).isEqualTo(1);
      assertThat(connection.isOpen()).isTrue();
    }
  }

  @Test
  void anotherNodeIsReached_isCounted() throws IOException {
    try (ScriptedUpstream upstream = scripted();
        TrackedConnection connection = open(upstream.port())) {
      connection.reconnect("for the test");
      awaitGeneration(2);
      assertThat(breaches(Breach.NODE)).isZero();
      answers.put("INFO", "$10\r\nrun_id:y\r\n\r\n");
      connection.reconnect("for the test");
      awaitGeneration(3);
      assertThat(breaches(Breach.NODE)).isEqualTo(1);
    }
  }

  private long breaches(Breach kind) {
    return metrics.counter(Metric.BREACHES, kind.label()).sum();
  }

  @Test
  void checksThatAreRefusedOrUnknown_areAskedOnceAndNoReasonToFlap() throws IOException {
    answers.put("ROLE", "-NOPERM this user has no permissions to run the 'role' command\r\n");
    answers.put("CLIENT TRACKINGINFO", "-ERR Unknown subcommand or wrong number of arguments\r\n");
    answers.put("ACL GETUSER", "-NOPERM no\r\n");
    answers.put("INFO commandstats", "-ERR no such section here\r\n");
    answers.put("TIME", "-NOPERM no\r\n");
    try (ScriptedUpstream upstream = scripted();
        TrackedConnection connection = open(upstream.port())) {
      assertThat(connection.checksOff())
          .containsExactlyInAnyOrder(
              "role", "tracking-info", "permission", "swapdb", "server-clock");
      assertThat(connection.state()).contains("role", "tracking-info", "permission");
      assertThat(connection.permission().isKnown()).isFalse();
      awaitRounds(2);
      assertThat(asked)
          .doesNotContain(
              "ROLE", "CLIENT TRACKINGINFO", "ACL GETUSER", "INFO commandstats", "TIME");
      assertThat(coherence.shards().getFirst().generation()).isEqualTo(1);
    }
  }

  @Test
  void checkRefusedLater_isSwitchedOffForThisGeneration() throws IOException {
    try (ScriptedUpstream upstream = scripted();
        TrackedConnection connection = open(upstream.port())) {
      answers.put("ROLE", "-NOPERM no\r\n");
      Waiting.until("it is off", () -> connection.checksOff().equals(List.of("role")));
      awaitRounds(1);
      assertThat(asked).contains("CLIENT TRACKINGINFO").doesNotContain("ROLE");
      assertThat(coherence.shards().getFirst().generation()).isEqualTo(1);
    }
  }

  @Test
  void checkAnsweredWithAnotherError_isNoReasonToFlap() throws IOException {
    try (ScriptedUpstream upstream = scripted();
        TrackedConnection connection = open(upstream.port())) {
      answers.put("ROLE", "-BUSY a script is running\r\n");
      answers.put("CLIENT TRACKINGINFO", "-BUSY a script is running\r\n");
      awaitRounds(2);
      assertThat(asked).contains("ROLE");
      assertThat(connection.checksOff()).isEmpty();
      assertThat(coherence.shards().getFirst().generation()).isEqualTo(1);
    }
  }

  @Test
  void permissionsChange_generationIsGivenUpForThat() throws IOException {
    try (ScriptedUpstream upstream = scripted();
        TrackedConnection connection = open(upstream.port())) {
      assertThat(connection.permission().allowsMget()).isTrue();
      answers.put("ACL GETUSER", "%1\r\n$8\r\ncommands\r\n$5\r\n-@all\r\n");
      awaitGeneration(2);
      assertThat(ended(GenerationEnd.PERMISSION)).isEqualTo(1);
      assertThat(connection.permission().allowsMget()).isFalse();
    }
  }

  @Test
  void permissionsNotConfirmed_endTheGeneration() throws IOException {
    try (ScriptedUpstream upstream = scripted();
        TrackedConnection connection = open(upstream.port())) {
      answers.put("ACL GETUSER", "-BUSY a script is running\r\n");
      Waiting.until("it is given up", () -> ended(GenerationEnd.PERMISSION) == 1);
      Waiting.until("another opens", connection::isOpen);
    }
  }

  @Test
  void neverAnsweredWhileOpening_isGivenUp() throws IOException {
    silent = true;
    try (ScriptedUpstream upstream = scripted();
        TrackedConnection connection =
            new TrackedConnection(
                Connector.to(client, RedisURI.create("127.0.0.1", upstream.port())),
                coherence.shards().getFirst(),
                new TrackedSettings(
                    HEARTBEAT,
                    Duration.ofMillis(500),
                    SECOND,
                    Duration.ofSeconds(5),
                    100,
                    false,
                    true,
                    UnheldReads.RELAYED,
                    null),
                new TrackedContext(
                    scheduler, new RelayNodes(), new ConnectPace(), Clocks.SYSTEM, metrics))) {
      connection.start();
      Waiting.until("it is given up", () -> connection.state().startsWith("unanswered"));
      silent = false;
      Waiting.until("another is opened", connection::isOpen);
    }
  }
}

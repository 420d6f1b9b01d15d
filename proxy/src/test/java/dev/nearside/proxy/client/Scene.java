package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** A Redis, a sidecar in front of it that is ready, and a client that goes around the sidecar. */
final class Scene implements AutoCloseable {
  /** What plays each Redis of this machine with each protocol. */
  static final String VARIANTS = "dev.nearside.proxy.client.Scene#variants";

  /** What plays each Redis of this machine. */
  static final String PROGRAMS = "dev.nearside.proxy.client.Scene#programs";

  /** A script that adds to a key. */
  static final String ADD = "return redis.call('incrby', KEYS[1], ARGV[1])";

  /** The digest of no script. */
  static final String UNKNOWN_SHA = "0123456789012345678901234567890123456789";

  private final RedisServer redis;
  private final String[] settings;
  private final RespClient direct;
  private Sidecar sidecar;

  private Scene(RedisServer redis, Sidecar sidecar, String[] settings) throws IOException {
    this.redis = redis;
    this.sidecar = sidecar;
    this.settings = settings;
    this.direct = RespClient.connect(redis.port());
  }

  /** Which Redis, and which protocol the client speaks. */
  record Variant(RedisProgram program, int protocol) {}

  /** How the client of one library comes and goes. */
  interface Library<C> {
    /** Connects a client of the variant's protocol. */
    C open(Scene scene, Variant variant) throws Exception;

    /** Ends it and all its connections. */
    void close(C client) throws Exception;
  }

  /** What is tried with a client. */
  @FunctionalInterface
  interface Part<C> {
    /** Plays it in a scene of its own. */
    void play(Scene scene, C client) throws Exception;
  }

  /** Plays {@code part} with a client of {@code library}, which leaves nothing behind. */
  static <C> void play(Variant variant, Library<C> library, Part<C> part) throws Exception {
    try (Scene scene = open(variant.program())) {
      C client = library.open(scene, variant);
      try {
        part.play(scene, client);
      } finally {
        library.close(client);
      }
      scene.awaitRest();
    }
  }

  /** Returns each Redis of this machine with each protocol. */
  static Stream<Variant> variants() {
    return RedisProgram.available().stream()
        .flatMap(program -> Stream.of(new Variant(program, 2), new Variant(program, 3)));
  }

  /** Returns each Redis of this machine. */
  static List<RedisProgram> programs() {
    return RedisProgram.available();
  }

  /** Starts the scene; {@code settings} are the sidecar's. */
  static Scene open(RedisProgram program, String... settings) throws IOException {
    RedisServer redis = RedisServer.start(program);
    Sidecar sidecar = Sidecar.inFrontOf(redis.port(), settings).awaitReady();
    return new Scene(redis, sidecar, settings);
  }

  /** Returns the sidecar's port. */
  int port() {
    return sidecar.port();
  }

  /** Returns the port of Redis itself. */
  int redisPort() {
    return redis.port();
  }

  Sidecar sidecar() {
    return sidecar;
  }

  /** Ends the sidecar and starts another on the same port. */
  void restart() throws IOException {
    int port = sidecar.port();
    sidecar.close();
    List<String> again = new ArrayList<>(List.of(settings));
    again.add("listen=127.0.0.1:" + port);
    sidecar = Sidecar.inFrontOf(redis.port(), again.toArray(String[]::new)).awaitReady();
  }

  /** Asks Redis itself, past the sidecar. */
  String direct(String... args) throws IOException {
    return direct.call(args);
  }

  /** Returns how many upstream connections belong to one client alone. */
  double pinned() throws IOException {
    return sidecar.metric("nearside_upstream_connections{kind=\"pinned\"}");
  }

  /** Returns how many GETs L1 answered. */
  double localHits() throws IOException {
    return sidecar.metric("nearside_requests_total{way=\"local\",command=\"get\"}");
  }

  /** Returns how many connections Redis has, the scene's own left out. */
  long connectionsAtRedis() throws IOException {
    return direct("CLIENT", "LIST").lines().filter(line -> line.contains("addr=")).count() - 1;
  }

  /** Reads until L1 answers; every answer must be {@code value}. */
  void awaitLocal(Callable<String> read, String value) {
    Waiting.until(
        "a read is answered by L1",
        () -> {
          assertThat(read.call()).isEqualTo(value);
          return localHits() > 0;
        });
  }

  /** Writes past the sidecar and reads until that is seen. */
  void writeElsewhere(String key, String value, Callable<String> read) throws IOException {
    direct("SET", key, value);
    Waiting.until("the write elsewhere is seen", () -> value.equals(read.call()));
  }

  /** Waits until Redis has this many clients that wait for an element. */
  void awaitBlocked(int clients) {
    Waiting.until(
        clients + " clients are blocked",
        () -> direct("INFO", "clients").contains("blocked_clients:" + clients + "\r\n"));
  }

  /** Waits until Redis has this many subscribers of {@code channel}. */
  void awaitSubscribers(String channel, int subscribers) {
    Waiting.until(
        channel + " has " + subscribers + " subscribers",
        () -> direct("PUBSUB", "NUMSUB", channel).endsWith(":" + subscribers + "\r\n"));
  }

  /** Waits until what was pinned is given back, and no write is under way. */
  void awaitRest() {
    Waiting.until(
        "nothing is left over",
        () ->
            sidecar.metric("nearside_clients") == 0
                && sidecar.metric("nearside_fences_up") == 0
                && pinned() == 0);
  }

  @Override
  public void close() throws IOException {
    direct.close();
    sidecar.close();
    redis.close();
  }
}

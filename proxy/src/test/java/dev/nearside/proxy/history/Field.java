package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A Redis, a hop for each of two sidecars, the sidecars, and another Redis for who goes astray. */
final class Field implements AutoCloseable {
  /** Each sidecar has its own way of admitting keys. */
  private static final String[] ADMISSION = {"l1.admission-window=0s", "l1.admission-window=60s"};

  private static final String[] UNHELD_READS = {"relayed", "ordered"};

  private final Scenario scenario;
  private final Path directory;
  private final DelayingHop[] hops = new DelayingHop[2];
  private final Front[] fronts = new Front[2];
  private final @Nullable RedisServer other;
  private volatile RedisServer redis;

  /**
   * Starts all of it.
   *
   * @param jvmOptions of the sidecars' processes, or null where they are to run in this one
   */
  Field(Scenario scenario, @Nullable List<String> jvmOptions) throws IOException {
    this.scenario = scenario;
    directory = Files.createTempDirectory("nearside-history");
    redis = RedisServer.start(redisArguments());
    other = scenario.fault() == Fault.OTHER_NODE ? RedisServer.start() : null;
    for (int i = 0; i < 2; i++) {
      int upstream = redis.port();
      if (!scenario.weather().isCalm() || scenario.fault() != Fault.NONE) {
        hops[i] = DelayingHop.to(redis.port());
        upstream = hops[i].port();
      }
      fronts[i] =
          jvmOptions == null
              ? Front.here(upstream, settings(i))
              : Front.elsewhere(upstream, settings(i), jvmOptions);
    }
    for (Front front : fronts) {
      front.awaitRest();
    }
  }

  private String[] redisArguments() {
    return scenario.fault() == Fault.REDIS_KILLED
        ? new String[] {"--dir", directory.toString(), "--appendonly", "yes", "--appendfsync", "no"}
        : new String[0];
  }

  private List<String> settings(int sidecar) {
    Duration staleness = scenario.maxStaleness();
    List<String> settings = new ArrayList<>();
    settings.add(ADMISSION[sidecar]);
    settings.add("coherence.unheld-reads=" + UNHELD_READS[sidecar]);
    settings.add("coherence.max-staleness=" + staleness.toMillis() + "ms");
    settings.add("coherence.heartbeat=" + staleness.toMillis() / 5 + "ms");
    settings.add(
        "upstream.local-databases="
            + IntStream.range(0, scenario.databases())
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(",")));
    return settings;
  }

  Duration maxStaleness() {
    return scenario.maxStaleness();
  }

  RedisServer redis() {
    return redis;
  }

  /** Returns where clients of this sidecar, or of Redis, connect now. */
  int port(int sidecar) {
    return sidecar == Operation.DIRECT ? redis.port() : fronts[sidecar].port();
  }

  int otherPort() {
    if (other == null) {
      throw new IllegalStateException("there is one Redis only in " + scenario);
    }
    return other.port();
  }

  DelayingHop hop(int sidecar) {
    return hops[sidecar];
  }

  /** Returns whether there is anything between the sidecars and Redis. */
  boolean hasHops() {
    return hops[0] != null;
  }

  /** Returns the first sidecar's process. */
  Front.Elsewhere process() {
    if (fronts[0] instanceof Front.Elsewhere elsewhere) {
      return elsewhere;
    }
    throw new IllegalStateException("the sidecars run in this process");
  }

  Counters counters() throws IOException {
    return fronts[0].counters().plus(fronts[1].counters());
  }

  /** Waits until nothing is under way in the sidecars, and L1 is open. */
  void awaitRest() {
    for (Front front : fronts) {
      front.awaitRest();
    }
  }

  void killRedis() {
    redis.kill();
  }

  /** Starts it again where it was, with what it had written down. */
  void restartRedis() {
    redis = RedisServer.startOnPort(redis.port(), redisArguments());
  }

  /** Has Redis end the sidecars' tracked connections. */
  void killTracked() throws IOException {
    try (RespClient direct = RespClient.connect(redis.port())) {
      List<String> tracked =
          direct
              .call("CLIENT", "LIST")
              .lines()
              .filter(line -> line.contains("name=nearside-tracked"))
              .map(line -> line.replaceFirst("^.*?\\bid=(\\d+) .*", "$1"))
              .toList();
      for (String id : tracked) {
        direct.call("CLIENT", "KILL", "ID", id);
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (int i = 0; i < 2; i++) {
      if (fronts[i] != null) {
        fronts[i].close();
      }
      if (hops[i] != null) {
        hops[i].close();
      }
    }
    redis.close();
    if (other != null) {
      other.close();
    }
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    }
  }
}

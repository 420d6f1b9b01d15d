package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A Redis, a hop for each of two sidecars, and another Redis for who goes astray. */
final class OneRedis implements Servers {
  private final Scenario scenario;
  private final Path directory;
  private final List<DelayingHop> hops;
  private final @Nullable RedisServer other;
  private volatile RedisServer redis;

  OneRedis(Scenario scenario) throws IOException {
    this.scenario = scenario;
    directory = Files.createTempDirectory("nearside-history");
    redis = RedisServer.start(arguments());
    other = scenario.fault() == Fault.OTHER_NODE ? RedisServer.start() : null;
    hops =
        scenario.hasHops()
            ? List.of(DelayingHop.to(redis.port()), DelayingHop.to(redis.port()))
            : List.of();
  }

  private String[] arguments() {
    return scenario.fault() == Fault.REDIS_KILLED
        ? new String[] {"--dir", directory.toString(), "--appendonly", "yes", "--appendfsync", "no"}
        : new String[0];
  }

  @Override
  public String uri(int sidecar) {
    int port = hops.isEmpty() ? redis.port() : hops.get(sidecar).port();
    return "redis://127.0.0.1:" + port;
  }

  @Override
  public Wire connect() throws IOException {
    return new OneWire(redis.port());
  }

  int port() {
    return redis.port();
  }

  @Override
  public List<DelayingHop> hops(int sidecar) {
    return hops.isEmpty() ? List.of() : List.of(hops.get(sidecar));
  }

  @Override
  public List<Integer> each() {
    return List.of(redis.port());
  }

  @Override
  public void pause() {
    redis.pause();
  }

  @Override
  public void resume() {
    redis.resume();
  }

  @Override
  public void awaitWell() {}

  void kill() {
    redis.kill();
  }

  /** Starts it again where it was, with what it had written down. */
  void restart() {
    redis = RedisServer.startOnPort(redis.port(), arguments());
  }

  /** Returns where another Redis listens, an empty one. */
  int otherPort() {
    if (other == null) {
      throw new IllegalStateException("there is one Redis only in " + scenario);
    }
    return other.port();
  }

  @Override
  public void close() throws IOException {
    for (DelayingHop hop : hops) {
      hop.close();
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

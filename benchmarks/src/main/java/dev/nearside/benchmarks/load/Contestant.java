package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.Ports;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.ServerException;
import dev.nearside.benchmarks.servers.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A started server that takes part, with the Redis that holds its data; closed by who started it.
 */
final class Contestant implements AutoCloseable {
  private final String name;
  private final EmbeddedRedis redis;
  private final @Nullable ServerProcess proxy;
  private final int port;

  private Contestant(String name, EmbeddedRedis redis, @Nullable ServerProcess proxy, int port) {
    this.name = name;
    this.redis = redis;
    this.proxy = proxy;
    this.port = port;
  }

  /** Starts a Redis and nothing before it, and writes the values that GET reads. */
  static Contestant redis(String name, Path program, Path directory, int keys) throws IOException {
    EmbeddedRedis redis = EmbeddedRedis.start(program, directory);
    Contestant contestant = new Contestant(name, redis, null, redis.port());
    contestant.load(keys);
    return contestant;
  }

  /** Starts a Redis with values, and the peer in front of it where it is a proxy. */
  static Contestant of(Peer peer, Path program, Path directory, int keys) throws IOException {
    Contestant behind = redis(peer.label(), program, directory, keys);
    if (peer == Peer.REDIS) {
      return behind;
    }
    int port = Ports.free();
    try {
      List<String> command = peer.command(port, Ports.free(), behind.redis.port(), directory);
      Path log = directory.resolve(peer.label() + ".log");
      ServerProcess proxy = ServerProcess.start(command, port, log, "TERM");
      Contestant contestant = new Contestant(peer.label(), behind.redis, proxy, port);
      contestant.requireValues();
      return contestant;
    } catch (IOException | ServerException e) {
      behind.close();
      throw e;
    }
  }

  private void load(int keys) throws IOException {
    String value = "v".repeat(Load.VALUE_BYTES);
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      for (int i = 0; i < keys; i++) {
        connection.send("SET", Load.Operation.GET.key(i), value);
      }
      for (int i = 0; i < keys; i++) {
        connection.receive();
      }
    }
  }

  private void requireValues() throws IOException {
    try (RedisConnection connection = RedisConnection.open(port)) {
      String value = connection.call("GET", Load.Operation.GET.key(0));
      if (value.length() != Load.VALUE_BYTES) {
        throw new IOException(name + " answers GET with " + value);
      }
    }
  }

  String name() {
    return name;
  }

  int port() {
    return port;
  }

  /** Returns the process that is measured and, where it is a proxy, the Redis behind it. */
  List<Long> pids() {
    return proxy == null ? List.of(redis.pid()) : List.of(proxy.pid(), redis.pid());
  }

  /** Returns how often Redis has executed the operation, whoever asked. */
  long executed(Load.Operation operation) throws IOException {
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      String statistics = connection.call("INFO", "commandstats");
      String prefix = "cmdstat_" + operation.name().toLowerCase(Locale.ROOT) + ":calls=";
      return statistics
          .lines()
          .filter(line -> line.startsWith(prefix))
          .map(line -> line.substring(prefix.length(), line.indexOf(',')))
          .mapToLong(Long::parseLong)
          .sum();
    }
  }

  /** Returns the version its Redis reports. */
  String redisVersion() throws IOException {
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      return connection
          .call("INFO", "server")
          .lines()
          .filter(line -> line.startsWith("redis_version:"))
          .map(line -> line.substring("redis_version:".length()).strip())
          .findFirst()
          .orElse("unknown");
    }
  }

  @Override
  public void close() {
    if (proxy != null) {
      proxy.close();
    }
    redis.close();
  }
}

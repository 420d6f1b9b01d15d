package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Address;
import dev.nearside.benchmarks.generator.KeyFamily;
import dev.nearside.benchmarks.generator.Measure;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.Ports;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.ServerException;
import dev.nearside.benchmarks.servers.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A started server that takes part, with the Redis that holds its data; closed by who started it.
 */
final class Contestant implements AutoCloseable {
  private static final int PINGS = 101;
  private static final String SUM_OF_COUNTERS =
      "local sum = 0 for _, key in ipairs(redis.call('KEYS', ARGV[1])) do"
          + " sum = sum + redis.call('GET', key) end return sum";

  private final Entrant entrant;
  private final EmbeddedRedis redis;
  private @Nullable ServerProcess hop;
  private @Nullable ServerProcess proxy;
  private Address address;
  private int upstream;
  private long coldReads;

  private Contestant(Entrant entrant, EmbeddedRedis redis, Address address) {
    this.entrant = entrant;
    this.redis = redis;
    this.address = address;
    this.upstream = redis.port();
  }

  /**
   * Starts a Redis and what stands before it, and writes the data.
   *
   * @param program the redis-server
   * @param directory an existing one for what this contestant writes
   * @throws IOException if the data is not there in the end
   */
  static Contestant start(Entrant entrant, DataSet data, Path program, Path directory)
      throws IOException {
    Path socket = directory.resolve("redis.sock");
    List<String> options = entrant.unix() ? List.of("--unixsocket", socket.toString()) : List.of();
    EmbeddedRedis redis = EmbeddedRedis.start(program, directory, options);
    Address address =
        entrant.unix() ? Address.ofPath(socket.toString()) : Address.ofPort(redis.port());
    Contestant contestant = new Contestant(entrant, redis, address);
    try {
      contestant.prepare(data, directory);
      return contestant;
    } catch (IOException | ServerException e) {
      contestant.close();
      throw e;
    }
  }

  private void prepare(DataSet data, Path directory) throws IOException {
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      data.writeTo(connection);
    }
    if (entrant.far()) {
      upstream = Ports.free();
      hop = DelayHop.start(upstream, redis.port(), directory);
      address = Address.ofPort(upstream);
    }
    if (entrant.peer() != Peer.REDIS) {
      startProxy(directory);
    }
    try (RedisConnection connection = RedisConnection.over(address.connect())) {
      data.requireFrom(connection, name());
    }
  }

  private void startProxy(Path directory) throws IOException {
    Address listen =
        entrant.unix()
            ? Address.ofPath(directory.resolve("proxy.sock").toString())
            : Address.ofPort(Ports.free());
    List<String> command = entrant.peer().command(entrant, listen, upstream, directory);
    Path log = directory.resolve("proxy.log");
    proxy = ServerProcess.start(command, () -> listens(listen), log, "TERM");
    address = listen;
  }

  private static boolean listens(Address address) {
    try {
      address.connect().close();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  String name() {
    return entrant.label();
  }

  Entrant entrant() {
    return entrant;
  }

  /** Returns where clients connect. */
  Address address() {
    return address;
  }

  /** Returns the process that is measured and, where it is a proxy, the Redis behind it. */
  List<Long> pids() {
    return proxy == null ? List.of(redis.pid()) : List.of(proxy.pid(), redis.pid());
  }

  /** Returns how many cold keys a thread of the generator has read from it. */
  long coldReads() {
    return coldReads;
  }

  /** Counts more of them. */
  void readCold(long more) {
    coldReads += more;
  }

  /** Returns how often Redis has executed a command, named in small letters, whoever asked. */
  long executed(String command) throws IOException {
    String prefix = "cmdstat_" + command + ":calls=";
    return askRedis("INFO", "commandstats")
        .lines()
        .filter(line -> line.startsWith(prefix))
        .map(line -> line.substring(prefix.length(), line.indexOf(',')))
        .mapToLong(Long::parseLong)
        .sum();
  }

  /** Returns the sum of all counters at Redis. */
  long counted() throws IOException {
    return Long.parseLong(askRedis("EVAL", SUM_OF_COUNTERS, "0", KeyFamily.COUNTER.glob()));
  }

  /** Returns the median time that a PING takes to its Redis, over the hop where there is one. */
  double roundTripUs() throws IOException {
    double[] times = new double[PINGS];
    try (RedisConnection connection = RedisConnection.open(upstream)) {
      for (int i = 0; i < PINGS; i++) {
        long began = System.nanoTime();
        connection.call("PING");
        times[i] = (System.nanoTime() - began) / 1e3;
      }
    }
    return Measure.median(times);
  }

  private String askRedis(String... words) throws IOException {
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      return connection.call(words);
    }
  }

  @Override
  public void close() {
    if (proxy != null) {
      proxy.close();
    }
    if (hop != null) {
      hop.close();
    }
    redis.close();
  }
}

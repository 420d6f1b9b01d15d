package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Address;
import dev.nearside.benchmarks.generator.KeyFamily;
import dev.nearside.benchmarks.servers.EmbeddedCluster;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.Ports;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.TlsIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Redis that holds a contestant's data, or the cluster. Whatever links it serves, it is asked
 * for statistics, and given its data, by TCP. Closed by who started it.
 *
 * @param address where its clients come
 * @param ports where it is asked, of each node
 * @param pids of its nodes
 */
record Store(Address address, List<Integer> ports, List<Long> pids, AutoCloseable servers)
    implements AutoCloseable {
  private static final int PRIMARIES = 3;
  private static final String SUM_OF_COUNTERS =
      "local sum = 0 for _, key in ipairs(redis.call('KEYS', ARGV[1])) do"
          + " sum = sum + redis.call('GET', key) end return sum";

  /**
   * Starts it, empty.
   *
   * @param program the redis-server
   * @param directory an existing one for what it writes
   * @param identity what it shows, where {@code links} need that
   */
  static Store start(Links links, Path program, Path directory, @Nullable TlsIdentity identity)
      throws IOException {
    if (links == Links.CLUSTER) {
      EmbeddedCluster cluster = EmbeddedCluster.start(program, directory, PRIMARIES);
      Address address = Address.ofCluster(cluster.ports());
      return new Store(address, cluster.ports(), cluster.pids(), cluster);
    }
    if (identity != null) {
      int port = Ports.free();
      Address address = Address.ofTls(port, identity.certificate().toString());
      return single(program, directory, tls(port, identity), address);
    }
    if (links == Links.UNIX) {
      String socket = directory.resolve("redis.sock").toString();
      return single(program, directory, List.of("--unixsocket", socket), Address.ofPath(socket));
    }
    return single(program, directory, List.of(), null);
  }

  private static Store single(
      Path program, Path directory, List<String> options, @Nullable Address address) {
    EmbeddedRedis redis = EmbeddedRedis.start(program, directory, options);
    Address there = address == null ? Address.ofPort(redis.port()) : address;
    return new Store(there, List.of(redis.port()), List.of(redis.pid()), redis);
  }

  private static List<String> tls(int port, TlsIdentity identity) {
    List<String> options = new ArrayList<>(List.of("--tls-port", Integer.toString(port)));
    options.addAll(List.of("--tls-cert-file", identity.certificate().toString()));
    options.addAll(List.of("--tls-key-file", identity.key().toString()));
    options.addAll(List.of("--tls-ca-cert-file", identity.certificate().toString()));
    options.addAll(List.of("--tls-auth-clients", "no"));
    return options;
  }

  /** Writes the data, to a cluster once it is well. */
  void fill(DataSet data) throws IOException {
    if (servers instanceof EmbeddedCluster cluster) {
      cluster.awaitWell();
    }
    for (int port : ports) {
      try (RedisConnection connection = RedisConnection.open(port)) {
        data.writeTo(connection, key -> ports.size() == 1 || address.of(key).port() == port);
      }
    }
  }

  /** Returns how often a command was executed, named in small letters, whoever asked. */
  long executed(String command) throws IOException {
    String prefix = "cmdstat_" + command + ":calls=";
    return ask("INFO", "commandstats").stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith(prefix))
        .map(line -> line.substring(prefix.length(), line.indexOf(',')))
        .mapToLong(Long::parseLong)
        .sum();
  }

  /** Returns the sum of all counters. */
  long counted() throws IOException {
    return ask("EVAL", SUM_OF_COUNTERS, "0", KeyFamily.COUNTER.glob()).stream()
        .mapToLong(Long::parseLong)
        .sum();
  }

  private List<String> ask(String... words) throws IOException {
    List<String> replies = new ArrayList<>();
    for (int port : ports) {
      try (RedisConnection connection = RedisConnection.open(port)) {
        replies.add(connection.call(words));
      }
    }
    return replies;
  }

  @Override
  public void close() {
    try {
      servers.close();
    } catch (Exception e) {
      throw new IllegalStateException("a Redis cannot be stopped", e);
    }
  }
}

package dev.nearside.benchmarks.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nearside.benchmarks.generator.Address;
import dev.nearside.benchmarks.generator.Measure;
import dev.nearside.benchmarks.generator.Round;
import dev.nearside.benchmarks.servers.Ports;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.ServerProcess;
import dev.nearside.benchmarks.servers.TlsIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A started server that takes part, with the Redis that holds its data; closed by who started it.
 */
final class Contestant implements AutoCloseable {
  private static final int PINGS = 101;

  private final Entrant entrant;
  private final Store store;
  private final Path directory;
  private final @Nullable TlsIdentity identity;
  private final int httpPort = Ports.free();
  private @Nullable ServerProcess hop;
  private @Nullable ServerProcess proxy;
  private Address address;
  private Address upstream;
  private long coldReads;

  private Contestant(Entrant entrant, Store store, Path directory, @Nullable TlsIdentity identity) {
    this.entrant = entrant;
    this.store = store;
    this.directory = directory;
    this.identity = identity;
    this.address = store.address();
    this.upstream = store.address();
  }

  /**
   * Starts a Redis; {@link #complete} does the rest.
   *
   * @param program the redis-server
   * @param directory an existing one for what this contestant writes
   * @param identity what servers show, where the entrant's links need that
   */
  static Contestant begin(
      Entrant entrant, Path program, Path directory, @Nullable TlsIdentity identity)
      throws IOException {
    TlsIdentity shown = entrant.links().needIdentity() ? identity : null;
    Store store = Store.start(entrant.links(), program, directory, shown);
    return new Contestant(entrant, store, directory, shown);
  }

  /**
   * Writes the data, and starts what stands before the Redis.
   *
   * @throws IOException if the data is not there in the end
   */
  void complete(DataSet data) throws IOException {
    store.fill(data);
    if (entrant.far()) {
      int port = Ports.free();
      hop = DelayHop.start(port, upstream.port(), directory);
      upstream = Address.ofPort(port);
      address = upstream;
    }
    if (entrant.peer() != Peer.REDIS) {
      startProxy();
    }
    try (RedisConnection connection = connect(address.of(DataSet.FIRST_KEY))) {
      data.requireFrom(connection, name());
    }
  }

  private static RedisConnection connect(Address to) throws IOException {
    return to.certificate().isEmpty()
        ? RedisConnection.over(to.connect())
        : RedisConnection.openTls(to.port(), Path.of(to.certificate()));
  }

  private void startProxy() throws IOException {
    TlsIdentity shown = entrant.links() == Links.TLS ? identity : null;
    Address listen = listen(shown);
    ProxyCommand command = new ProxyCommand(listen, httpPort, upstream, shown, directory);
    Path log = directory.resolve("proxy.log");
    proxy =
        ServerProcess.start(
            entrant.peer().command(entrant, command), () -> serves(listen), log, "TERM");
    address = listen;
  }

  private Address listen(@Nullable TlsIdentity shown) {
    if (entrant.links() == Links.UNIX) {
      return Address.ofPath(directory.resolve("proxy.sock").toString());
    }
    return shown == null
        ? Address.ofPort(Ports.free())
        : Address.ofTls(Ports.free(), shown.certificate().toString());
  }

  /** Nearside opens its HTTP port last. */
  private boolean serves(Address listen) {
    return listens(listen)
        && (entrant.peer() != Peer.NEARSIDE || listens(Address.ofPort(httpPort)));
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
    List<Long> pids = new ArrayList<>();
    if (proxy != null) {
      pids.add(proxy.pid());
    }
    pids.addAll(store.pids());
    return pids;
  }

  /** Returns the round with the nodes of a cluster taken for one process. */
  Round gathered(Round round) {
    return round.gathering(proxy == null ? 0 : 1);
  }

  /**
   * Returns whether this is a sidecar that says its memory is off.
   *
   * @throws IOException if it does not say
   */
  boolean saysMemoryIsOff() throws IOException {
    if (entrant.peer() != Peer.NEARSIDE) {
      return false;
    }
    URI uri = URI.create("http://127.0.0.1:" + httpPort + "/v1/l1");
    try (InputStream in = uri.toURL().openStream()) {
      return new ObjectMapper().readTree(in).path("mode").asText().equals("off");
    }
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
    return store.executed(command);
  }

  /** Returns the sum of all counters at Redis. */
  long counted() throws IOException {
    return store.counted();
  }

  /** Returns the median time that a PING takes to its Redis, over the hop where there is one. */
  double roundTripUs() throws IOException {
    double[] times = new double[PINGS];
    try (RedisConnection connection = RedisConnection.open(upstream.port())) {
      for (int i = 0; i < PINGS; i++) {
        long began = System.nanoTime();
        connection.call("PING");
        times[i] = (System.nanoTime() - began) / 1e3;
      }
    }
    return Measure.median(times);
  }

  @Override
  public void close() {
    if (proxy != null) {
      proxy.close();
    }
    if (hop != null) {
      hop.close();
    }
    store.close();
  }
}

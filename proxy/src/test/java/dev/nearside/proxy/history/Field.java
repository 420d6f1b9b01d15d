package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The servers of a scenario's shape, and two sidecars in front of them. */
final class Field implements AutoCloseable {
  /** Each sidecar has its own way of admitting keys. */
  private static final String[] ADMISSION = {"l1.admission-window=0s", "l1.admission-window=60s"};

  private static final String[] UNHELD_READS = {"relayed", "ordered"};

  private final Scenario scenario;
  private final Servers servers;
  private final Front[] fronts = new Front[2];
  private final Queue<Recovery> recoveries = new ConcurrentLinkedQueue<>();
  private volatile boolean failingOver;

  /**
   * Starts all of it.
   *
   * @param jvmOptions of the sidecars' processes, or null where they are to run in this one
   */
  Field(Scenario scenario, @Nullable List<String> jvmOptions) throws IOException {
    this.scenario = scenario;
    servers = scenario.shape().start(scenario);
    for (int i = 0; i < 2; i++) {
      fronts[i] =
          jvmOptions == null
              ? Front.here(servers.uri(i), settings(i))
              : Front.elsewhere(servers.uri(i), settings(i), jvmOptions);
    }
    for (Front front : fronts) {
      front.awaitRest();
    }
  }

  private List<String> settings(int sidecar) {
    Duration staleness = scenario.maxStaleness();
    List<String> settings = new ArrayList<>();
    settings.add(ADMISSION[sidecar]);
    settings.add("coherence.unheld-reads=" + UNHELD_READS[sidecar]);
    settings.add("coherence.max-staleness=" + staleness.toMillis() + "ms");
    settings.add("coherence.heartbeat=" + staleness.toMillis() / 5 + "ms");
    if (scenario.shape() != Shape.CLUSTER) {
      settings.add(
          "upstream.local-databases="
              + IntStream.range(0, scenario.databases())
                  .mapToObj(Integer::toString)
                  .collect(Collectors.joining(",")));
    }
    return settings;
  }

  Duration maxStaleness() {
    return scenario.maxStaleness();
  }

  Servers servers() {
    return servers;
  }

  /** Returns the servers where they are but one. */
  OneRedis oneRedis() {
    if (servers instanceof OneRedis one) {
      return one;
    }
    throw new IllegalStateException("there is more than one Redis in " + scenario);
  }

  /** Returns where clients of this sidecar connect. */
  int port(int sidecar) {
    return fronts[sidecar].port();
  }

  /** Connects a client of this sidecar, or of Redis. */
  Wire connect(int sidecar) throws IOException {
    return sidecar == Operation.DIRECT ? servers.connect() : new OneWire(port(sidecar));
  }

  /** Returns the servers where they are a cluster. */
  ClusterNodes cluster() {
    if (servers instanceof ClusterNodes nodes) {
      return nodes;
    }
    throw new IllegalStateException("there are no slots in " + scenario);
  }

  /** Returns all that lies between a sidecar and the servers; empty where nothing does. */
  List<DelayingHop> hops(int sidecar) {
    return servers.hops(sidecar);
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

  /** Returns how often a sidecar has been told of another primary. */
  double moves(int sidecar) throws IOException {
    return fronts[sidecar].moves();
  }

  /** Waits until nothing is under way in the sidecars, and L1 is open. */
  void awaitRest() {
    servers.awaitWell();
    for (Front front : fronts) {
      front.awaitRest();
    }
  }

  /** Makes another node the primary, and measures how long that takes clients. */
  void failOver(Failover.Way way, int awayMs) throws IOException, InterruptedException {
    if (!(servers instanceof Failover nodes)) {
      throw new IllegalStateException("nobody takes a primary's place in " + scenario);
    }
    failingOver = true;
    try {
      nodes.failOver(way, awayMs, new Recoveries(this, way, recoveries));
    } finally {
      failingOver = false;
    }
  }

  /** The next primary takes writes by now. */
  void failedOver() {
    failingOver = false;
  }

  /** Returns whether nobody takes writes because the primary is to be another. */
  boolean isFailingOver() {
    return failingOver;
  }

  /** Returns what was measured of each failover, a row for each sidecar. */
  List<Recovery> recoveries() {
    return List.copyOf(recoveries);
  }

  /** Sends a request to every server. */
  void tellEach(String... request) throws IOException {
    for (int port : servers.each()) {
      try (RespClient direct = RespClient.connect(port)) {
        direct.call(request);
      }
    }
  }

  /** Has the servers end the sidecars' tracked connections. */
  void killTracked() throws IOException {
    for (int port : servers.each()) {
      try (RespClient direct = RespClient.connect(port)) {
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
  }

  @Override
  public void close() throws IOException {
    for (Front front : fronts) {
      if (front != null) {
        front.close();
      }
    }
    servers.close();
  }
}

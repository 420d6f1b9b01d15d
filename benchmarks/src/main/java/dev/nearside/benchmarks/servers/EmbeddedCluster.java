package dev.nearside.benchmarks.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A Redis Cluster of primaries on loopback, each with as many slots, in order; whoever started it
 * closes it.
 */
public final class EmbeddedCluster implements AutoCloseable {
  /** How many slots there are. */
  public static final int SLOTS = 16_384;

  private static final int BUS_PORT_BEYOND = 10_000;
  private static final int MAX_PORT = 65_535;
  private static final long PATIENCE_NS = Duration.ofSeconds(30).toNanos();
  private static final long STEP_NS = Duration.ofMillis(10).toNanos();

  private final Path program;
  private final Path directory;
  private final List<String> options;
  private final List<EmbeddedRedis> nodes = new CopyOnWriteArrayList<>();

  private EmbeddedCluster(Path program, Path directory, List<String> options) {
    this.program = program;
    this.directory = directory;
    this.options = options;
  }

  /**
   * Starts one; {@link #awaitWell} returns when it can be used, which takes two seconds.
   *
   * @param directory an existing one for what its nodes write
   * @throws IOException if a node does not do what it is told
   */
  public static EmbeddedCluster start(Path program, Path directory, int primaries)
      throws IOException {
    return start(program, directory, primaries, List.of());
  }

  /** As {@link #start(Path, Path, int)}, with more options of {@code redis-server}. */
  public static EmbeddedCluster start(
      Path program, Path directory, int primaries, List<String> options) throws IOException {
    EmbeddedCluster cluster = new EmbeddedCluster(program, directory, options);
    try {
      for (int i = 0; i < primaries; i++) {
        cluster.nodes.add(cluster.startNode(freePort()));
      }
      cluster.form();
      return cluster;
    } catch (IOException | RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private EmbeddedRedis startNode(int port) throws IOException {
    Path own = Files.createDirectories(directory.resolve("node-" + port));
    List<String> all = new ArrayList<>(List.of("--cluster-enabled", "yes"));
    all.addAll(options);
    return EmbeddedRedis.start(program, own, port, all);
  }

  /** Returns a port that is free, and so is that of the bus, so far beyond it. */
  private static int freePort() {
    return IntStream.generate(Ports::free)
        .filter(port -> port + BUS_PORT_BEYOND <= MAX_PORT)
        .filter(port -> Ports.isFree(port + BUS_PORT_BEYOND))
        .findFirst()
        .orElseThrow();
  }

  private void form() throws IOException {
    for (int i = 0; i < nodes.size(); i++) {
      try (RedisConnection node = RedisConnection.open(nodes.get(i).port())) {
        node.call("CLUSTER", "SET-CONFIG-EPOCH", String.valueOf(i + 1));
        node.call(slots(i)); // by range only from 7.0 on
        for (EmbeddedRedis other : nodes.subList(0, i)) {
          node.call("CLUSTER", "MEET", "127.0.0.1", String.valueOf(other.port()));
        }
      }
    }
  }

  /**
   * Waits until every node takes the cluster for well.
   *
   * @throws IOException if they do not come to know each other
   */
  public void awaitWell() throws IOException {
    long deadlineNs = System.nanoTime() + PATIENCE_NS;
    for (EmbeddedRedis node : nodes) {
      awaitWell(node, deadlineNs);
    }
  }

  private String[] slots(int i) {
    return Stream.concat(
            Stream.of("CLUSTER", "ADDSLOTS"),
            IntStream.range(SLOTS * i / nodes.size(), SLOTS * (i + 1) / nodes.size())
                .mapToObj(String::valueOf))
        .toArray(String[]::new);
  }

  private void awaitWell(EmbeddedRedis node, long deadlineNs) throws IOException {
    List<String> well =
        List.of(
            "cluster_state:ok",
            "cluster_slots_ok:" + SLOTS + "\r",
            "cluster_size:" + nodes.size() + "\r");
    try (RedisConnection connection = RedisConnection.open(node.port())) {
      String info = connection.call("CLUSTER", "INFO");
      while (!well.stream().allMatch(info::contains)) {
        if (System.nanoTime() - deadlineNs > 0) {
          throw new IOException("the nodes of the cluster do not find together: " + info);
        }
        LockSupport.parkNanos(STEP_NS);
        info = connection.call("CLUSTER", "INFO");
      }
    }
  }

  /** Returns which node has a slot, the first being 0. */
  public static int nodeOf(int slot, int nodes) {
    return IntStream.range(0, nodes)
        .filter(i -> slot < SLOTS * (i + 1) / nodes)
        .findFirst()
        .orElseThrow();
  }

  /** Returns the ports of its nodes, in the order of their slots. */
  public List<Integer> ports() {
    return nodes.stream().map(EmbeddedRedis::port).toList();
  }

  /** Returns the process ids of its nodes. */
  public List<Long> pids() {
    return nodes.stream().map(EmbeddedRedis::pid).toList();
  }

  /** Ends a node at once, as a crash would; the first is 0. */
  public void crash(int node) {
    nodes.get(node).crash();
  }

  /**
   * Starts a node that has crashed, with what it has on disk; it serves its slots two seconds later
   * at the earliest.
   *
   * @throws ServerException if it does not start
   */
  public void restart(int node) throws IOException {
    nodes.set(node, startNode(nodes.get(node).port()));
  }

  @Override
  public void close() {
    nodes.forEach(EmbeddedRedis::close);
  }
}

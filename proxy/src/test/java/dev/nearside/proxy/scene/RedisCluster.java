package dev.nearside.proxy.scene;

import dev.nearside.proxy.scene.RedisNode.Login;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis Cluster on loopback, formed without redis-cli.
 *
 * <p>What it says of roles and slots is what the nodes that are up say of themselves, now. A
 * primary that gives its last slot away becomes a replica of the one that got it, sooner or later,
 * unless {@code cluster-allow-replica-migration no}. Used by one thread at a time, but for what
 * asks it something; whoever starts it closes it.
 */
public final class RedisCluster implements AutoCloseable {
  /** How many slots there are. */
  public static final int SLOTS = 16_384;

  private static final int BUS_PORT_BEYOND = 10_000;
  private static final int MAX_PORT = 65_535;
  private static final int CRC16_POLYNOMIAL = 0x1021;

  private final Plan plan;
  private final List<RedisNode> nodes = new CopyOnWriteArrayList<>();

  private RedisCluster(Plan plan) {
    this.plan = plan;
  }

  /** Starts one of the preferred Redis, and returns once all nodes agree and replicas follow. */
  public static RedisCluster start(int primaries, int replicasEach) throws IOException {
    return plan(primaries, replicasEach).start();
  }

  /** Says what is to be started; {@link Plan#start} starts it. */
  public static Plan plan(int primaries, int replicasEach) {
    return new Plan(primaries, replicasEach);
  }

  /** What is to be started. */
  public static final class Plan {
    private final int primaries;
    private final int replicasEach;
    private final List<String> lines = new ArrayList<>();
    private RedisProgram program = RedisProgram.preferred();
    private Login login = Login.OPEN;
    private int nodeTimeoutMs = 1_000;
    private boolean fullCoverage = true;

    private Plan(int primaries, int replicasEach) {
      this.primaries = primaries;
      this.replicasEach = replicasEach;
    }

    /** Takes this Redis. */
    public Plan on(RedisProgram chosen) {
      program = chosen;
      return this;
    }

    /**
     * Lets only this user in.
     *
     * @param user {@code default} for a password without a name
     */
    public Plan login(String user, String password) {
      login = new Login(user, password);
      return this;
    }

    /** Lets a node be silent for so long, rather than 1 s, before others take it for down. */
    public Plan nodeTimeoutMs(int ms) {
      nodeTimeoutMs = ms;
      return this;
    }

    /** Lets the slots that are served be served while others are not. */
    public Plan partialCoverage() {
      fullCoverage = false;
      return this;
    }

    /** Adds lines to the configuration of the nodes. */
    public Plan lines(String... more) {
      lines.addAll(List.of(more));
      return this;
    }

    /** Starts all of it, and returns once all nodes agree and replicas follow. */
    public RedisCluster start() throws IOException {
      RedisCluster cluster = new RedisCluster(this);
      try {
        cluster.form();
        return cluster;
      } catch (IOException | RuntimeException | AssertionError e) {
        cluster.close();
        throw e;
      }
    }

    private List<String> allLines() {
      List<String> all = new ArrayList<>(RedisNode.QUICK);
      all.add("cluster-enabled yes");
      all.add("cluster-node-timeout " + nodeTimeoutMs);
      all.add("cluster-require-full-coverage " + (fullCoverage ? "yes" : "no"));
      all.addAll(login.asked());
      all.addAll(login.ofReplica());
      all.addAll(lines);
      return all;
    }
  }

  private void form() throws IOException {
    int count = plan.primaries * (1 + plan.replicasEach);
    for (int i = 0; i < count; i++) {
      startNode().order("CLUSTER", "SET-CONFIG-EPOCH", String.valueOf(i + 1));
    }
    for (int i = 0; i < plan.primaries; i++) {
      giveSlots(nodes.get(i), SLOTS * i / plan.primaries, SLOTS * (i + 1) / plan.primaries - 1);
    }
    for (RedisNode node : nodes) {
      meetAll(node);
    }
    for (int i = plan.primaries; i < count; i++) {
      replicate(nodes.get(i), nodes.get(i % plan.primaries));
    }
    awaitSettled();
  }

  private RedisNode startNode() throws IOException {
    RedisNode node =
        RedisNode.start(plan.program, plan.login, RedisCluster::freePort, null, plan.allLines());
    nodes.add(node);
    return node;
  }

  /** Returns a port that is free, and so is that of the bus, so far beyond it. */
  private static int freePort() {
    return IntStream.generate(RedisServer::freePort)
        .filter(port -> port + BUS_PORT_BEYOND <= MAX_PORT)
        .filter(port -> RedisServer.isFree(port + BUS_PORT_BEYOND))
        .findFirst()
        .orElseThrow();
  }

  private void giveSlots(RedisNode node, int first, int last) throws IOException {
    if (plan.program.isAtLeast(7)) {
      node.order("CLUSTER", "ADDSLOTSRANGE", String.valueOf(first), String.valueOf(last));
      return;
    }
    Stream<String> slots = IntStream.rangeClosed(first, last).mapToObj(String::valueOf);
    node.order(Stream.concat(Stream.of("CLUSTER", "ADDSLOTS"), slots).toArray(String[]::new));
  }

  private void meetAll(RedisNode node) throws IOException {
    for (RedisNode other : up()) {
      if (other != node) {
        node.order("CLUSTER", "MEET", RedisNode.HOST, String.valueOf(other.port()));
      }
    }
  }

  private static void replicate(RedisNode replica, RedisNode primary) throws IOException {
    String id = primary.id();
    Waiting.until(
        replica + " knows " + primary,
        () -> replica.call("CLUSTER", "REPLICATE", id).equals("+OK\r\n"));
  }

  /** Returns all nodes, in the order in which they were started, first the primaries. */
  public List<RedisNode> nodes() {
    return List.copyOf(nodes);
  }

  /** Returns the {@code host:port} of all nodes. */
  public List<String> addresses() {
    return nodes.stream().map(RedisNode::address).toList();
  }

  private List<RedisNode> up() {
    return nodes.stream().filter(RedisNode::isUp).toList();
  }

  /** Returns the nodes that take themselves for primaries, those without slots, too. */
  public List<RedisNode> primaries() throws IOException {
    List<RedisNode> primaries = new ArrayList<>();
    for (RedisNode node : up()) {
      if (ClusterLine.ofItself(node).is("master")) {
        primaries.add(node);
      }
    }
    return primaries;
  }

  /** Returns the nodes that take themselves for replicas of this one. */
  public List<RedisNode> replicasOf(RedisNode primary) throws IOException {
    List<RedisNode> replicas = new ArrayList<>();
    for (RedisNode node : up()) {
      if (ClusterLine.ofItself(node).primaryId().equals(primary.id())) {
        replicas.add(node);
      }
    }
    return replicas;
  }

  /**
   * Returns the primary that serves a slot.
   *
   * @throws IllegalStateException if none that is up does
   */
  public RedisNode primaryOf(int slot) throws IOException {
    @Nullable RedisNode primary = null;
    long epoch = -1;
    for (RedisNode node : up()) {
      ClusterLine line = ClusterLine.ofItself(node);
      if (line.slots().get(slot) && line.epoch() > epoch) {
        primary = node;
        epoch = line.epoch();
      }
    }
    if (primary == null) {
      throw new IllegalStateException("no node that is up serves slot " + slot);
    }
    return primary;
  }

  /** As {@link #primaryOf(int)}, of the slot of a key. */
  public RedisNode primaryOf(String key) throws IOException {
    return primaryOf(slotOf(key));
  }

  /** Returns the slot of a key, by the specification of Redis Cluster. */
  public static int slotOf(byte[] key) {
    int from = 0;
    int to = key.length;
    int open = indexOf(key, '{', 0);
    int close = open < 0 ? -1 : indexOf(key, '}', open + 1);
    if (close > open + 1) {
      from = open + 1;
      to = close;
    }
    int crc = 0;
    for (int i = from; i < to; i++) {
      crc = crc16(crc, key[i]);
    }
    return crc % SLOTS;
  }

  /** As {@link #slotOf(byte[])}, of a key whose bytes are shown as ISO 8859-1. */
  public static int slotOf(String key) {
    return slotOf(key.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static int indexOf(byte[] key, char wanted, int from) {
    for (int i = from; i < key.length; i++) {
      if (key[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  /** CRC-16/XMODEM, a byte further. */
  private static int crc16(int crc, byte next) {
    int remainder = crc ^ (next & 0xFF) << 8;
    for (int bit = 0; bit < Byte.SIZE; bit++) {
      remainder = remainder << 1 ^ ((remainder & 0x8000) == 0 ? 0 : CRC16_POLYNOMIAL);
    }
    return remainder & 0xFFFF;
  }

  /** Returns a key that begins so and is in this slot. */
  public static String keyIn(int slot, String prefix) {
    return IntStream.iterate(0, i -> i + 1)
        .mapToObj(i -> prefix + i)
        .filter(key -> slotOf(key) == slot)
        .findFirst()
        .orElseThrow();
  }

  /** Returns a key that begins so and that this primary serves. */
  public static String keyOn(RedisNode primary, String prefix) throws IOException {
    ClusterLine line = ClusterLine.ofItself(primary);
    if (line.slots().isEmpty()) {
      throw new IllegalStateException(primary + " serves no slot");
    }
    return IntStream.iterate(0, i -> i + 1)
        .mapToObj(i -> prefix + i)
        .filter(key -> line.slots().get(slotOf(key)))
        .findFirst()
        .orElseThrow();
  }

  /** Returns a key of each primary, in their order. */
  public List<String> keyOnEach(String prefix) throws IOException {
    List<String> keys = new ArrayList<>();
    for (RedisNode node : primaries()) {
      keys.add(keyOn(node, prefix));
    }
    return keys;
  }

  /** Has a replica take over while its primary is well, and waits until all is settled. */
  public void failover(RedisNode replica) throws IOException {
    replica.order("CLUSTER", "FAILOVER");
    Waiting.until(
        replica + " took over and all is settled", () -> replica.isPrimary() && isSettled());
  }

  /** Kills a primary that has slots and a replica, and waits; returns the node that took over. */
  public RedisNode failoverByKill(RedisNode primary) throws IOException {
    int slot = ClusterLine.ofItself(primary).slots().nextSetBit(0);
    primary.kill();
    return awaitOtherThan(primary, slot);
  }

  /** Waits until another serves a slot and all is settled; returns the other. */
  public RedisNode awaitOtherThan(RedisNode old, int slot) throws IOException {
    Waiting.until(
        "another than " + old + " serves slot " + slot + " and all is settled",
        () -> primaryOf(slot) != old && isSettled());
    return primaryOf(slot);
  }

  /** Starts a killed node again where it was, and waits until all is settled. */
  public void restart(RedisNode killed) {
    killed.restart();
    awaitSettled();
  }

  /** Starts a primary without slots, and returns it once all nodes know it. */
  public RedisNode addPrimary() throws IOException {
    RedisNode added = startNode();
    meetAll(added);
    awaitSettled();
    return added;
  }

  /** Starts a replica of a primary, and returns it once it follows. */
  public RedisNode addReplica(RedisNode primary) throws IOException {
    RedisNode added = startNode();
    meetAll(added);
    replicate(added, primary);
    awaitSettled();
    return added;
  }

  /** Has all others forget a node that serves no slots and has no replicas, and ends it. */
  public void remove(RedisNode node) throws IOException {
    String id = node.id();
    nodes.remove(node);
    try (node) {
      for (RedisNode other : up()) {
        other.order("CLUSTER", "FORGET", id);
      }
    }
    awaitSettled();
  }

  /** Moves a slot with all its keys, and waits until all nodes agree. */
  public void moveSlot(int slot, RedisNode to) throws IOException {
    beginMove(slot, to).end();
    awaitSettled();
  }

  /** Opens a slot at the primary that serves it and at the one that it shall go to. */
  public SlotMove beginMove(int slot, RedisNode to) throws IOException {
    SlotMove move = new SlotMove(this, slot, primaryOf(slot), to);
    move.begin();
    return move;
  }

  /**
   * Waits until the nodes that are up take the cluster and each other for well and agree on roles
   * and slots, and every replica follows its primary.
   */
  public void awaitSettled() {
    Waiting.until("the nodes agree and the replicas follow", this::isSettled);
  }

  private boolean isSettled() throws IOException {
    return ClusterAgreement.isReached(up());
  }

  @Override
  public void close() {
    nodes.forEach(RedisNode::close);
  }
}

package dev.nearside.proxy.scene;

import dev.nearside.proxy.scene.RedisNode.Login;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Three real sentinels over one primary and its replicas, on loopback.
 *
 * <p>Where the server lets them be told so (Redis 7), the sentinels ask and announce every 100 to
 * 500 ms rather than every 1 to 10 s: the same things happen, sooner. Used by one thread at a time;
 * whoever starts it closes it.
 */
public final class SentinelTrio implements AutoCloseable {
  /** The name by which the sentinels know the primary. */
  public static final String NAME = "mymaster";

  private static final int SENTINELS = 3;

  /**
   * No shorter than this: a replica is promoted only if it answered INFO within five pings, and is
   * asked once a second then; a sentinel takes back a promotion that nobody announces within four
   * periods of announcing.
   */
  private static final String QUICK_SENTINEL =
      "SENTINEL DEBUG info-period 500 ping-period 300 ask-period 100 publish-period 400"
          + " tilt-period 1000 min-link-reconnect-period 1000";

  private final Plan plan;
  private final List<RedisNode> nodes = new ArrayList<>();
  private final List<RedisNode> sentinels = new ArrayList<>();

  private SentinelTrio(Plan plan) {
    this.plan = plan;
  }

  /** Starts the preferred Redis, open to everybody, and waits until all know each other. */
  public static SentinelTrio start(int replicas) throws IOException {
    return plan(replicas).start();
  }

  /** Says what is to be started; {@link Plan#start} starts it. */
  public static Plan plan(int replicas) {
    return new Plan(replicas);
  }

  /** What is to be started. */
  public static final class Plan {
    private final int replicas;
    private final List<String> nodeLines = new ArrayList<>(RedisNode.QUICK);
    private final List<String> sentinelLines = new ArrayList<>();
    private RedisProgram program = RedisProgram.preferred();
    private Login nodeLogin = Login.OPEN;
    private Login sentinelLogin = Login.OPEN;
    private int downAfterMs = 500;
    private int failoverTimeoutMs = 2_000;
    private boolean quick = true;
    private RedisNode.@Nullable Tls tls;

    private Plan(int replicas) {
      this.replicas = replicas;
    }

    /** Takes this Redis. */
    public Plan on(RedisProgram chosen) {
      program = chosen;
      return this;
    }

    /**
     * Lets only this user into primary and replicas; the sentinels and the replicas come as it,
     * too.
     *
     * @param user {@code default} for a password without a name
     */
    public Plan nodeLogin(String user, String password) {
      nodeLogin = new Login(user, password);
      return this;
    }

    /** Lets only this user into the sentinels; they come to each other as it, too. */
    public Plan sentinelLogin(String user, String password) {
      sentinelLogin = new Login(user, password);
      return this;
    }

    /** Adds lines to the configuration of primary and replicas. */
    public Plan nodeLines(String... lines) {
      nodeLines.addAll(List.of(lines));
      return this;
    }

    /** Adds lines to the configuration of the sentinels. */
    public Plan sentinelLines(String... lines) {
      sentinelLines.addAll(List.of(lines));
      return this;
    }

    /**
     * Lets a node be silent for so long, rather than 500 ms, before a sentinel takes it for down.
     */
    public Plan downAfterMs(int ms) {
      downAfterMs = ms;
      return this;
    }

    /** Sets half of what must pass until a failover is tried again, otherwise 2 s. */
    public Plan failoverTimeoutMs(int ms) {
      failoverTimeoutMs = ms;
      return this;
    }

    /**
     * Leaves the sentinels their own periods, as Redis 6.2 always does: an old primary then takes
     * writes for 8 s after a failover or after it came back, until it is made a replica.
     */
    public Plan ordinaryPeriods() {
      quick = false;
      return this;
    }

    /**
     * Lets them reach each other by TLS alone; their addresses are those of TLS.
     *
     * @param shown the certificate of all, which {@code authority} has signed
     */
    public Plan tls(Authority.Identity shown, Authority authority) {
      tls = new RedisNode.Tls(shown, authority);
      return this;
    }

    /** Starts all of it, and returns once all know each other. */
    public SentinelTrio start() throws IOException {
      SentinelTrio trio = new SentinelTrio(this);
      try {
        trio.startNodes();
        trio.startSentinels();
        trio.awaitSettled();
        return trio;
      } catch (IOException | RuntimeException | AssertionError e) {
        trio.close();
        throw e;
      }
    }
  }

  private void startNodes() throws IOException {
    List<String> lines = new ArrayList<>(plan.nodeLines);
    lines.addAll(plan.nodeLogin.asked());
    lines.addAll(plan.nodeLogin.ofReplica());
    for (int i = 0; i <= plan.replicas; i++) {
      nodes.add(
          RedisNode.start(plan.program, plan.nodeLogin, RedisServer::freePort, plan.tls, lines));
    }
    RedisNode primary = nodes.getFirst();
    List<RedisNode> replicas = nodes.subList(1, nodes.size());
    for (RedisNode replica : replicas) {
      replica.order("REPLICAOF", RedisNode.HOST, String.valueOf(primary.knownPort()));
      replica.order("CONFIG", "REWRITE");
    }
    Waiting.until("the replicas follow", () -> follow(replicas, primary));
  }

  private void startSentinels() throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("sentinel monitor " + NAME + " " + RedisNode.HOST + " " + primaryPort() + " 2");
    lines.add("sentinel down-after-milliseconds " + NAME + " " + plan.downAfterMs);
    lines.add("sentinel failover-timeout " + NAME + " " + plan.failoverTimeoutMs);
    lines.add("sentinel parallel-syncs " + NAME + " 1");
    if (!plan.nodeLogin.isOpen()) {
      lines.add("sentinel auth-user " + NAME + " " + plan.nodeLogin.user());
      lines.add("sentinel auth-pass " + NAME + " " + plan.nodeLogin.password());
    }
    lines.addAll(plan.sentinelLogin.asked());
    if (!plan.sentinelLogin.isOpen()) {
      lines.add("sentinel sentinel-user " + plan.sentinelLogin.user());
      lines.add("sentinel sentinel-pass " + plan.sentinelLogin.password());
    }
    lines.addAll(plan.sentinelLines);
    for (int i = 0; i < SENTINELS; i++) {
      RedisNode sentinel =
          RedisNode.start(
              plan.program,
              plan.sentinelLogin,
              RedisServer::freePort,
              plan.tls,
              lines,
              "--sentinel");
      sentinels.add(sentinel);
      quicken(sentinel);
    }
  }

  private int primaryPort() {
    return nodes.getFirst().knownPort();
  }

  private void quicken(RedisNode sentinel) throws IOException {
    if (plan.quick && plan.program.isAtLeast(7)) {
      sentinel.order(QUICK_SENTINEL.split(" ", -1));
    }
  }

  /** Returns the sentinels. */
  public List<RedisNode> sentinels() {
    return List.copyOf(sentinels);
  }

  /** Returns the {@code host:port} of the sentinels. */
  public List<String> addresses() {
    return sentinels.stream().map(RedisNode::address).toList();
  }

  /** Returns primary and replicas, in the order in which they were started. */
  public List<RedisNode> nodes() {
    return List.copyOf(nodes);
  }

  /** Returns the primary that a sentinel names which is up. */
  public RedisNode primary() throws IOException {
    return named(upOf(sentinels).findFirst().orElseThrow());
  }

  /** Returns the nodes that are up and not the primary. */
  public List<RedisNode> replicas() throws IOException {
    RedisNode primary = primary();
    return upOf(nodes).filter(node -> node != primary).toList();
  }

  private RedisNode named(RedisNode sentinel) throws IOException {
    String port = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME).getLast();
    return nodes.stream()
        .filter(node -> String.valueOf(node.knownPort()).equals(port))
        .findFirst()
        .orElseThrow();
  }

  private static Stream<RedisNode> upOf(List<RedisNode> nodes) {
    return nodes.stream().filter(RedisNode::isUp);
  }

  /** Has a sentinel hand over to a replica, the primary being well; returns the new primary. */
  public RedisNode failover() throws IOException {
    RedisNode old = primary();
    RedisNode sentinel = upOf(sentinels).findFirst().orElseThrow();
    Waiting.until(
        "a sentinel begins a failover",
        () -> sentinel.call("SENTINEL", "FAILOVER", NAME).equals("+OK\r\n"));
    return awaitOtherThan(old);
  }

  /** Has a sentinel begin to hand over to a replica, unless a failover is under way already. */
  public void orderFailover() throws IOException {
    upOf(sentinels).findFirst().orElseThrow().call("SENTINEL", "FAILOVER", NAME);
  }

  /** Lets a node be silent for so long from now on before a sentinel takes it for down. */
  public void downAfterMs(int ms) throws IOException {
    for (RedisNode sentinel : upOf(sentinels).toList()) {
      sentinel.order("SENTINEL", "SET", NAME, "down-after-milliseconds", String.valueOf(ms));
    }
  }

  /** Returns the primary that most of the sentinels name, or null while there is none. */
  public @Nullable RedisNode namedByMost() throws IOException {
    Map<RedisNode, Integer> votes = new HashMap<>();
    for (RedisNode sentinel : upOf(sentinels).toList()) {
      RedisNode vote = named(sentinel);
      if (votes.merge(vote, 1, Integer::sum) > SENTINELS / 2) {
        return vote;
      }
    }
    return null;
  }

  /** Kills the primary and returns it, at once. */
  public RedisNode killPrimary() throws IOException {
    RedisNode primary = primary();
    primary.kill();
    return primary;
  }

  /**
   * Waits until the sentinels that are up agree on another primary than {@code old} and all is
   * settled, as {@link #awaitSettled} says.
   *
   * @return the new primary
   */
  public RedisNode awaitOtherThan(RedisNode old) throws IOException {
    Waiting.until(
        "another than " + old + " is primary and settled", () -> primary() != old && isSettled());
    return primary();
  }

  /**
   * Waits until every sentinel that is up names the same primary, takes it for well and knows all
   * other nodes and sentinels, and every node that is up follows that primary.
   */
  public void awaitSettled() {
    Waiting.until("the sentinels agree and the nodes follow", this::isSettled);
  }

  private boolean isSettled() throws IOException {
    RedisNode primary = primary();
    for (RedisNode sentinel : upOf(sentinels).toList()) {
      if (named(sentinel) != primary || !knowsAll(sentinel)) {
        return false;
      }
    }
    return primary.isPrimary()
        && follow(upOf(nodes).filter(node -> node != primary).toList(), primary);
  }

  private boolean knowsAll(RedisNode sentinel) throws IOException {
    Map<String, String> told = fields(sentinel.ask("SENTINEL", "MASTER", NAME));
    return "master".equals(told.get("flags"))
        && String.valueOf(nodes.size() - 1).equals(told.get("num-slaves"))
        && String.valueOf(SENTINELS - 1).equals(told.get("num-other-sentinels"));
  }

  private static Map<String, String> fields(List<String> pairs) {
    Map<String, String> fields = new HashMap<>();
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      fields.put(pairs.get(i), pairs.get(i + 1));
    }
    return fields;
  }

  private static boolean follow(List<RedisNode> replicas, RedisNode primary) throws IOException {
    for (RedisNode replica : replicas) {
      if (!replica.follows(primary)) {
        return false;
      }
    }
    return true;
  }

  /** Starts a killed node or sentinel again where it was, and waits until all is settled. */
  public void restart(RedisNode killed) throws IOException {
    killed.restart();
    if (sentinels.contains(killed)) {
      quicken(killed);
    }
    awaitSettled();
  }

  @Override
  public void close() {
    sentinels.forEach(RedisNode::close);
    nodes.forEach(RedisNode::close);
  }
}

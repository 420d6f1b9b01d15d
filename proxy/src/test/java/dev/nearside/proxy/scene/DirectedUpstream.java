package dev.nearside.proxy.scene;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An upstream that does exactly what the test says, when it says so. What connections begin with,
 * and what the sidecar asks for itself, it answers as a Redis would; every other request waits
 * until the test takes it by {@link #await} and answers it. The replies of one connection leave in
 * the order of its requests, as a Redis sends them; pushes leave at once.
 */
public final class DirectedUpstream implements AutoCloseable {
  /** What a connection is for. */
  public enum Role {
    /** Its reads are remembered, its pushes tell of changes. */
    TRACKED,
    /** The sidecar's own errands. */
    ADMINISTRATION,
    /** A lane, or a client's own. */
    RELAY
  }

  /** The node that every connection reaches unless told otherwise. */
  public static final String NODE = "a";

  private static final String ERROR_REFUSED = "-NOPERM this user has no permissions to run it\r\n";

  private final ScriptedUpstream sockets;
  private final Map<ScriptedUpstream.Connection, Wire> wires = new ConcurrentHashMap<>();
  private final List<Wire> tracked = new CopyOnWriteArrayList<>();
  private final List<Exchange> exchanges = new CopyOnWriteArrayList<>();
  private final Map<Role, String> nodes = new ConcurrentHashMap<>();
  private volatile boolean refusesTracking;
  private volatile boolean holdsPings;
  private volatile boolean holdsTracked;
  private volatile String keys = "~*";

  private DirectedUpstream() throws IOException {
    sockets = ScriptedUpstream.greeting(this::received);
  }

  /** Starts it on a port the system chose. */
  public static DirectedUpstream start() throws IOException {
    return new DirectedUpstream();
  }

  /** Returns the port on loopback. */
  public int port() {
    return sockets.port();
  }

  /** From now on CLIENT TRACKING ON is refused, or not. */
  public void refuseTracking(boolean refuse) {
    refusesTracking = refuse;
  }

  /** From now on connections of {@code role} find themselves on the node called {@code runId}. */
  public void lead(Role role, String runId) {
    nodes.put(role, runId);
  }

  /** From now on the sidecar's own user may read the keys of {@code pattern} only. */
  public void permit(String pattern) {
    keys = pattern;
  }

  /** From now on a PING on a tracked connection waits for the test, or not. */
  public void holdPings(boolean hold) {
    holdsPings = hold;
  }

  /** From now on whatever is sent on a tracked connection, checks as well, waits for the test. */
  public void holdTracked() {
    holdsTracked = true;
  }

  /** Answers every PING that waits on the newest tracked connection, and all that will come. */
  public void answerPings() throws IOException {
    holdsPings = false;
    for (Exchange each : exchanges) {
      if (each.wire == tracked() && each.isUntaken(Role.TRACKED, List.of("PING"))) {
        each.take().reply("+PONG\r\n");
      }
    }
  }

  /** Returns the newest connection on which tracking was asked for. */
  public Wire tracked() {
    return tracked.getLast();
  }

  /** Returns on how many connections tracking was asked for so far. */
  public int generations() {
    return tracked.size();
  }

  /** Waits for a request that nobody has taken yet, the oldest first, and takes it. */
  public Exchange await(Role role, String... words) {
    List<String> wanted = List.of(words);
    Waiting.until(role + " got " + String.join(" ", words), () -> has(role, words));
    return exchanges.stream()
        .filter(each -> each.isUntaken(role, wanted))
        .findFirst()
        .orElseThrow()
        .take();
  }

  /** Returns whether such a request has come and nobody has taken it. */
  public boolean has(Role role, String... words) {
    List<String> wanted = List.of(words);
    return exchanges.stream().anyMatch(each -> each.isUntaken(role, wanted));
  }

  /** Returns how many such requests have come, taken or not. */
  public long count(Role role, String... words) {
    List<String> wanted = List.of(words);
    return exchanges.stream().filter(each -> each.is(role, wanted)).count();
  }

  /** Returns whether {@code first} was received before {@code second}. */
  public boolean cameBefore(Exchange first, Exchange second) {
    return exchanges.indexOf(first) < exchanges.indexOf(second);
  }

  private void received(List<String> request, ScriptedUpstream.Connection connection)
      throws IOException {
    Wire wire = wires.computeIfAbsent(connection, Wire::new);
    Exchange exchange = wire.received(request);
    String reply = ownReply(wire, request);
    if (reply == null) {
      exchanges.add(exchange);
    } else {
      exchange.reply(reply);
    }
  }

  /** Returns the reply to what the test need not know of, or null for the rest. */
  private String ownReply(Wire wire, List<String> request) {
    if (wire.role == Role.RELAY && wire.greeted) {
      return null;
    }
    if (wire.role == Role.TRACKED && holdsTracked) {
      return null;
    }
    String refused = wire.role == Role.RELAY ? null : "-ERR not here\r\n";
    return switch (request.getFirst()) {
      case "HELLO" -> hello(request);
      case "INFO" -> {
        wire.greeted = true;
        yield info(wire);
      }
      case "CLIENT" -> client(wire, request);
      case "SELECT", "AUTH" -> "+OK\r\n";
      case "ACL" -> acl(request);
      case "GET", "PTTL", "GETEX" -> null;
      case "ROLE" -> "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
      case "PING" -> holdsPings && wire.role == Role.TRACKED ? null : "+PONG\r\n";
      default -> refused;
    };
  }

  private String acl(List<String> request) {
    return switch (request.get(1)) {
      case "WHOAMI" -> bulk("default");
      case "GETUSER" -> "%2\r\n" + bulk("commands") + bulk("+@all") + bulk("keys") + bulk(keys);
      default -> "-ERR not here\r\n";
    };
  }

  private static String hello(List<String> request) {
    return request.contains("3")
        ? "%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n"
        : "*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:2\r\n";
  }

  private String info(Wire wire) {
    return bulk("redis_version:7.0.15\r\nrun_id:" + nodes.getOrDefault(wire.role, NODE) + "\r\n");
  }

  private String client(Wire wire, List<String> request) {
    return switch (request.get(1)) {
      case "TRACKING" -> {
        tracked.add(wire);
        yield refusesTracking ? ERROR_REFUSED : "+OK\r\n";
      }
      case "TRACKINGINFO" -> "%1\r\n" + bulk("flags") + "~1\r\n" + bulk("on");
      default -> "+OK\r\n";
    };
  }

  /** Returns the bulk string of {@code value}. */
  public static String bulk(String value) {
    return "$" + value.length() + "\r\n" + value + "\r\n";
  }

  /** Returns the push that says that {@code keys} have changed. */
  public static String invalidation(String... keys) {
    StringBuilder push = new StringBuilder(">2\r\n$10\r\ninvalidate\r\n*" + keys.length + "\r\n");
    for (String key : keys) {
      push.append(bulk(key));
    }
    return push.toString();
  }

  /** The push that says that everything has changed. */
  public static final String ALL_INVALID = ">2\r\n$10\r\ninvalidate\r\n_\r\n";

  @Override
  public void close() {
    sockets.close();
  }

  /** One connection of the sidecar. */
  public static final class Wire {
    private final ScriptedUpstream.Connection connection;
    private final Deque<Exchange> unanswered = new ArrayDeque<>();
    private volatile Role role = Role.RELAY;
    private volatile int database;
    private boolean greeted;

    private Wire(ScriptedUpstream.Connection connection) {
      this.connection = connection;
    }

    /** Returns the database it was in when its greeting ended. */
    public int database() {
      return database;
    }

    /** Sends bytes now, before every reply that is still to come. */
    public synchronized void push(String bytes) throws IOException {
      connection.send(bytes);
    }

    /** Ends the connection. */
    public void cut() throws IOException {
      connection.close();
    }

    private synchronized Exchange received(List<String> request) {
      if (request.contains("nearside-tracked")) {
        role = Role.TRACKED;
      } else if (request.stream().anyMatch(word -> word.startsWith("nearside-"))) {
        role = Role.ADMINISTRATION;
      }
      if (request.getFirst().equals("SELECT")) {
        database = Integer.parseInt(request.get(1));
      }
      Exchange exchange = new Exchange(this, request);
      unanswered.add(exchange);
      return exchange;
    }

    private synchronized void answer(Exchange exchange, String reply) throws IOException {
      exchange.reply = reply;
      StringBuilder due = new StringBuilder();
      while (!unanswered.isEmpty() && unanswered.peek().reply != null) {
        due.append(unanswered.remove().reply);
      }
      connection.send(due.toString());
    }
  }

  /** One request, and its reply once there is one. */
  public static final class Exchange {
    private final Wire wire;
    private final List<String> words;
    private volatile boolean taken;
    private String reply;

    private Exchange(Wire wire, List<String> words) {
      this.wire = wire;
      this.words = words;
    }

    /** Returns the connection it came on. */
    public Wire wire() {
      return wire;
    }

    /** Answers it; the bytes leave when all requests before it have been answered. */
    public void reply(String bytes) throws IOException {
      wire.answer(this, bytes);
    }

    private boolean is(Role role, List<String> wanted) {
      return wire.role == role && words.equals(wanted);
    }

    private boolean isUntaken(Role role, List<String> wanted) {
      return !taken && is(role, wanted);
    }

    private Exchange take() {
      taken = true;
      return this;
    }
  }
}

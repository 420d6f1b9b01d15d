package dev.nearside.proxy.scene;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis, or a sentinel, that others know by its address: it keeps its port, its directory
 * and what it wrote to its configuration file when it is killed and comes back.
 *
 * <p>Its keys it keeps only if its configuration says {@code appendonly yes}. Used by one thread at
 * a time, but for what asks it something. Whoever starts it closes it; scenes of several close
 * theirs.
 */
public final class RedisNode implements AutoCloseable {
  /** Where every node listens. */
  public static final String HOST = "127.0.0.1";

  /** Lines of a configuration file by which a replica has its data sooner, and leaves no files. */
  static final List<String> QUICK =
      List.of("repl-diskless-sync-delay 0", "repl-ping-replica-period 1", "rdb-del-sync-files yes");

  private static final int START_ATTEMPTS = 5;

  private final RedisProgram program;
  private final Login login;
  private final int port;
  private final int knownPort;
  private final Path directory;
  private final String[] args;
  private volatile RedisServer server;
  private volatile boolean up = true;
  private volatile @Nullable String id;

  /**
   * Who may send commands to a node.
   *
   * @param user its name
   * @param password its password; none is asked for if this is empty
   */
  public record Login(String user, String password) {
    /** Everybody is let in. */
    public static final Login OPEN = new Login("default", "");

    /** Returns whether no password is asked for. */
    public boolean isOpen() {
      return password.isEmpty();
    }

    /** Returns the lines of a configuration file that let in this user and nobody else. */
    List<String> asked() {
      if (isOpen()) {
        return List.of();
      }
      return user.equals("default")
          ? List.of("requirepass " + password)
          : List.of("user default off", "user " + user + " on >" + password + " ~* &* +@all");
    }

    /** Returns the lines by which a replica comes as this user to its primary. */
    List<String> ofReplica() {
      return isOpen() ? List.of() : List.of("masteruser " + user, "masterauth " + password);
    }

    /** Returns the words by which MIGRATE comes as this user to its target. */
    List<String> ofMigrate() {
      return isOpen() ? List.of() : List.of("AUTH2", user, password);
    }
  }

  /**
   * How the others and the sidecars reach a node; tests come in clear, by another port.
   *
   * @param shown its certificate, which it shows as a client, too
   * @param trusted who signed the certificates of all
   */
  record Tls(Authority.Identity shown, Authority trusted) {
    private List<String> lines(int port) {
      return List.of(
          "tls-port " + port,
          "tls-replication yes",
          "tls-auth-clients no",
          "tls-cert-file " + shown.certificate(),
          "tls-key-file " + shown.key(),
          "tls-ca-cert-file " + trusted.file());
    }
  }

  private RedisNode(
      RedisProgram program,
      Login login,
      IntSupplier ports,
      @Nullable Tls tls,
      List<String> lines,
      String... args)
      throws IOException {
    this.program = program;
    this.login = login;
    port = ports.getAsInt();
    knownPort = tls == null ? port : ports.getAsInt();
    directory = Files.createTempDirectory("nearside-redis-node");
    Path file = directory.resolve("node.conf");
    List<String> allLines = new ArrayList<>(lines);
    allLines.addAll(tls == null ? List.of() : tls.lines(knownPort));
    Files.write(file, allLines);
    List<String> all = new ArrayList<>(List.of(file.toString()));
    all.addAll(List.of(args));
    this.args = all.toArray(String[]::new);
    try {
      server = RedisServer.startIn(directory, program, port, this.args);
    } catch (IllegalStateException e) {
      RedisServer.delete(directory);
      throw e;
    }
  }

  /**
   * Starts one on a port that the system gives and that nobody else has.
   *
   * @param login whom {@code lines} let in; everything here is asked as this user
   * @param ports says which port to try
   * @param tls by which it is reached; null leaves it in clear alone
   * @param lines of its configuration file
   * @param args more of its command line, {@code "--sentinel"}
   */
  static RedisNode start(
      RedisProgram program,
      Login login,
      IntSupplier ports,
      @Nullable Tls tls,
      List<String> lines,
      String... args)
      throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return new RedisNode(program, login, ports, tls, lines, args);
      } catch (IllegalStateException e) {
        if (attempt == START_ATTEMPTS || !e.getMessage().contains("Address already in use")) {
          throw e;
        }
      }
    }
  }

  /** Returns the port it listens on in clear, on {@link #HOST}, all its life. */
  public int port() {
    return port;
  }

  /** Returns the port by which the others know it: that of TLS where it has one. */
  int knownPort() {
    return knownPort;
  }

  /** Returns the {@code host:port} by which the others know it. */
  public String address() {
    return HOST + ":" + knownPort;
  }

  /** Returns whom it lets in. */
  Login login() {
    return login;
  }

  /** Returns its name in its cluster, which it keeps. */
  public String id() throws IOException {
    String known = id;
    if (known == null) {
      known = ask("CLUSTER", "MYID").getFirst();
      id = known;
    }
    return known;
  }

  /** Returns whether it was neither killed nor paused. */
  public boolean isUp() {
    return up;
  }

  /** Returns what it wrote since it started last. */
  public String log() {
    return server.log();
  }

  /** Connects a client that may send any command; the caller closes it. */
  public RespClient connect() throws IOException {
    RespClient client = RespClient.connect(port);
    if (!login.isOpen()) {
      String reply = client.call("AUTH", login.user, login.password);
      if (!reply.equals("+OK\r\n")) {
        client.close();
        throw new IOException(address() + " refused the login: " + reply);
      }
    }
    return client;
  }

  /** Sends one request by a connection of its own and returns the reply exactly as it came. */
  public String call(String... request) throws IOException {
    try (RespClient client = connect()) {
      return client.call(request);
    }
  }

  /**
   * Sends one request by a connection of its own.
   *
   * @return the strings and numbers of the reply, in order, however deep they are in it
   * @throws IOException if the reply is an error
   */
  public List<String> ask(String... request) throws IOException {
    String reply = call(request);
    if (reply.startsWith("-")) {
      throw new IOException(address() + " to " + String.join(" ", request) + ": " + reply.strip());
    }
    return leaves(reply);
  }

  /** Sends one request by a connection of its own that has to be answered by OK. */
  void order(String... request) throws IOException {
    List<String> reply = ask(request);
    if (!reply.equals(List.of("OK"))) {
      throw new IOException(address() + " to " + String.join(" ", request) + ": " + reply);
    }
  }

  /** Returns whether it takes itself for a primary. */
  public boolean isPrimary() throws IOException {
    return ask("ROLE").getFirst().equals("master");
  }

  /** Returns whether it has all that {@code primary} had a moment ago, and goes on following it. */
  public boolean follows(RedisNode primary) throws IOException {
    List<String> role = ask("ROLE");
    return role.getFirst().equals("slave")
        && role.get(2).equals(String.valueOf(primary.knownPort))
        && role.get(3).equals("connected");
  }

  /** Stops its process where it stands; its sockets stay open and silent. */
  public void pause() {
    up = false;
    server.pause();
  }

  /** Lets it go on after {@link #pause}. */
  public void resume() {
    server.resume();
    up = true;
  }

  /** Ends it as a crash would, and returns once it is gone. */
  public void kill() {
    up = false;
    server.kill();
  }

  /** Starts it again where it was, after {@link #kill}; returns once it accepts connections. */
  public void restart() {
    server = RedisServer.startIn(directory, program, port, args);
    up = true;
  }

  @Override
  public void close() {
    kill();
    RedisServer.delete(directory);
  }

  @Override
  public String toString() {
    return address();
  }

  /** Returns the strings and numbers of one reply of RESP2. */
  private static List<String> leaves(String reply) {
    List<String> leaves = new ArrayList<>();
    for (int at = 0; at < reply.length(); ) {
      int end = reply.indexOf("\r\n", at);
      String line = reply.substring(at + 1, end);
      boolean bulk = reply.charAt(at) == '$' && !line.equals("-1");
      at = end + 2;
      if (bulk) {
        int length = Integer.parseInt(line);
        leaves.add(reply.substring(at, at + length));
        at += length + 2;
      } else if (reply.charAt(end - line.length() - 1) != '*') {
        leaves.add(line);
      }
    }
    return leaves;
  }
}

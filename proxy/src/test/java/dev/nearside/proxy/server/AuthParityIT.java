package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.Twins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Twins.Told;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A Redis that wants a password, before a sidecar that has it and before one that has not. */
class AuthParityIT {
  /** What an upstream says to those who have not said who they are. */
  private static final List<String> KINDS =
      List.of(
          "GET k",
          "MGET k l",
          "SET k 1",
          "INCR k",
          "PING",
          "ECHO x",
          "SELECT 1",
          "INFO",
          "COMMAND COUNT",
          "CLIENT ID",
          "CLIENT SETNAME x",
          "CLIENT TRACKING ON",
          "CLIENT REPLY OFF",
          "CONFIG GET maxmemory",
          "ACL WHOAMI",
          "KEYS *",
          "SCAN 0",
          "FLUSHALL",
          "EVAL return 0",
          "EVAL return 0",
          "EVALSHA 0123456789012345678901234567890123456789 0",
          "MULTI",
          "EXEC",
          "DISCARD",
          "WATCH k",
          "SUBSCRIBE a",
          "PUBLISH a b",
          "BLPOP q 0",
          "XREAD BLOCK 0 STREAMS s $",
          "MONITOR",
          "PSYNC ? -1",
          "WAIT 1 0",
          "RESET",
          "GET",
          "GET k l",
          "EXEC x",
          "CONFIG",
          "HELLO",
          "HELLO 2",
          "HELLO 3",
          "HELLO 3 SETNAME AUTH",
          "HELLO 3 AUTH",
          "HELLO 3 NOPE",
          "HELLO 9",
          "HELLO x",
          "HELLO 3 AUTH default wrong",
          "HELLO 3 AUTH nobody pw",
          "AUTH",
          "AUTH wrong",
          "AUTH default wrong",
          "AUTH nobody pw",
          "AUTH a b c");

  static List<RedisProgram> programs() {
    return RedisProgram.available();
  }

  private static RedisServer locked(RedisProgram program) {
    return RedisServer.start(program, "--requirepass", "pw");
  }

  private static Optional<InetAddress> network() throws IOException {
    Predicate<InetAddress> usable = a -> a instanceof Inet4Address && !a.isLoopbackAddress();
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(usable)
        .findFirst();
  }

  /** Both say the same to a client that nobody knows, and to one that has said who it is. */
  private static void askAll(Connecting connecting) throws IOException {
    for (String kind : KINDS) {
      try (Pair pair = connecting.connect()) {
        pair.call(kind.split(" ", -1));
        pair.call("GET", "k");
      }
    }
    try (Pair pair = connecting.connect()) {
      for (String kind : KINDS) {
        pair.call(kind.split(" ", -1));
      }
      letIn(pair);
    }
    letInAtOnce(connecting);
    try (Pair pair = connecting.connect()) {
      pair.call("QUIT");
      pair.assertClosed();
    }
  }

  private static void letIn(Pair pair) throws IOException {
    pair.call("AUTH", "pw");
    useL1(pair);
    pair.call("AUTH", "wrong");
    useL1(pair);
    pair.call("AUTH", "default", "wrong");
    pair.call("AUTH", "default", "pw");
    useL1(pair);
  }

  private static void useL1(Pair pair) throws IOException {
    pair.call("SET", "k", "1");
    pair.send("GET", "k").send("GET", "k").send("MGET", "k", "k").replies(3);
    pair.call("ACL", "WHOAMI");
  }

  /** What follows in the same breath is held to what has been let in by then. */
  private static void letInAtOnce(Connecting connecting) throws IOException {
    String[] many = new String[12];
    java.util.Arrays.fill(many, "k");
    many[0] = "DEL";
    for (String word : List.of("AUTH pw", "AUTH default pw", "AUTH wrong", "AUTH bob pw")) {
      try (Pair pair = connecting.connect()) {
        pair.sendRaw("GET k\r\n" + word + "\r\nGET k\r\nSET k 2\r\nGET k\r\nACL WHOAMI\r\n");
        pair.replies(6);
      }
    }
    try (Pair pair = connecting.connect()) {
      pair.send("AUTH", "pw").send(many).replies(2);
    }
    try (Pair pair = connecting.connect()) {
      pair.send("HELLO", "3", "AUTH", "default", "pw", "SETNAME", "me").send(many);
      pair.send("CLIENT", "GETNAME").reply(Masks::hello);
      pair.replies(2);
    }
  }

  /** Connects a client. */
  private interface Connecting {
    Pair connect() throws IOException;
  }

  @ParameterizedTest
  @MethodSource("programs")
  void sidecarWithoutThePassword_saysWhatRedisSays(RedisProgram program) throws IOException {
    try (Twins twins = Twins.unready(locked(program), locked(program))) {
      askAll(twins::connect);
      try (Pair pair = twins.connect()) {
        pair.call("NOPE", "x");
        pair.call("CONFIG", "NOPE");
        pair.call("DEBUG", "SLEEP", "0");
        pair.call("CLIENT", "SETINFO", "lib-name", "x");
      }
    }
  }

  private static Twins openToTheNetwork(RedisProgram program) throws IOException {
    RedisServer behind = locked(program);
    return Twins.of(
        locked(program),
        behind,
        "listen=0.0.0.0:0",
        "upstream.uri=redis://:pw@127.0.0.1:" + behind.port());
  }

  /** It acts for those on this host; others are strangers to it, whatever the upstream thinks. */
  @ParameterizedTest
  @MethodSource("programs")
  void sidecarWithThePassword_isARedisThatWantsItToOthers(RedisProgram program) throws IOException {
    Optional<InetAddress> network = network();
    assumeThat(network).as("an address that is not loopback").isPresent();
    try (Twins twins = openToTheNetwork(program)) {
      awaitCommandsKnown(() -> twins.connectAt(network.get()));
      askAll(() -> twins.connectAt(network.get()));
      for (String line : List.of("POST / HTTP/1.1", "Host: x")) {
        try (Pair pair = twins.connectAt(network.get())) {
          if (program == RedisProgram.CARRIED) {
            pair.sendRaw(line + "\r\n").reply();
          } else {
            pair.sendRaw(line + "\r\n").assertClosed();
          }
        }
      }
    }
  }

  /** Who may say RESET (not as in 6.2), and that there is no HEXPIRE, a sidecar has to learn. */
  private static void awaitCommandsKnown(Connecting connecting) {
    Waiting.until(
        "the sidecar knows the upstream's commands",
        () -> {
          try (Pair pair = connecting.connect()) {
            Told reset = pair.ask("RESET");
            boolean newerKnown = pair.ask("HEXPIRE").through().contains("wrong number");
            return reset.through().equals(reset.direct()) && !newerKnown;
          }
        });
  }

  /** Who is let in on a connection of its own is not let in by a HELLO that says nothing. */
  @ParameterizedTest
  @MethodSource("programs")
  void stranger_onAConnectionOfItsOwn_staysOne(RedisProgram program) throws IOException {
    Optional<InetAddress> network = network();
    assumeThat(network).as("an address that is not loopback").isPresent();
    try (Twins twins = openToTheNetwork(program);
        Pair pair = twins.connectAt(network.get())) {
      pair.call("AUTH", "wrong");
      pair.call("HELLO", "3", "SETNAME", "AUTH");
      pair.call("GET", "k");
      pair.call("HELLO", "2");
      pair.call("HELLO", "3", "SETNAME", "x", "SETNAME", "AUTH");
      assertThat(pair.call("GET", "k")).startsWith("-NOAUTH");
    }
  }

  /** What the sidecar itself said on connecting is no proof that it would be let in now. */
  @ParameterizedTest
  @MethodSource("programs")
  void password_changedWhileTheSidecarIsIn_letsNobodyInAnyMore(RedisProgram program)
      throws IOException {
    RedisServer behind = locked(program);
    try (Twins twins =
            Twins.of(
                locked(program), behind, "upstream.uri=redis://:pw@127.0.0.1:" + behind.port());
        Pair before = twins.connect();
        Pair after = twins.connect()) {
      before.send("HELLO", "3", "AUTH", "default", "pw").reply(Masks::hello);
      before.send("HELLO", "2", "AUTH", "default", "pw").reply(Masks::hello);
      before.call("CONFIG", "SET", "requirepass", "other");
      for (String protocol : List.of("2", "3", "2")) {
        assertThat(after.call("HELLO", protocol, "AUTH", "default", "pw")).startsWith("-WRONGPASS");
      }
      before.call("SET", "k", "1");
    }
  }

  /** A client on this host without credentials is the user whose the sidecar is, and no more. */
  @ParameterizedTest
  @MethodSource("programs")
  void sidecarOfAUser_answersAsToThatUser(RedisProgram program) throws IOException {
    RedisServer direct = restricted(program);
    RedisServer behind = restricted(program);
    try (Twins twins =
            Twins.of(direct, behind, "upstream.uri=redis://app:pw@127.0.0.1:" + behind.port());
        Pair admin = twins.connect();
        Pair pair = twins.connect()) {
      pair.call("AUTH", "app", "pw");
      admin.call("AUTH", "default", "x");
      admin.call("SET", "a1", "1");
      admin.call("SET", "secret", "1");
      lookAround(pair);
      for (String change :
          List.of("-incr", "resetkeys ~b*", "-get", "allkeys", "+get", "resetkeys")) {
        admin.call(("ACL SETUSER app " + change).split(" ", -1));
        lookAround(pair);
      }
      admin.call("ACL", "SETUSER", "app", "reset");
      lookAround(pair);
    }
  }

  private static RedisServer restricted(RedisProgram program) {
    String args = "--user app on >pw ~a* &* +@all -flushall --user default on nopass ~* &* +@all";
    return RedisServer.start(program, args.split(" ", -1));
  }

  private static void lookAround(Pair pair) throws IOException {
    for (String key : List.of("a1", "a1", "a1", "secret", "a1")) {
      pair.call("GET", key);
      pair.call("MGET", key, "a1");
      pair.call("EXISTS", key);
    }
    pair.call("INCR", "a1");
    pair.call("SET", "b1", "x");
    pair.call("FLUSHALL");
    pair.call("EVAL", "return redis.call('GET', KEYS[1])", "1", "a1");
    pair.send("MULTI").send("GET", "secret").send("GET", "a1").send("EXEC").replies(4);
    for (int i = 0; i < 3; i++) {
      pair.call("GET", "a1"); // L1 has it from here on
    }
  }
}

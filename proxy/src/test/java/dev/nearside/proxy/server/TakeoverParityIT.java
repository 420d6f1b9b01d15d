package dev.nearside.proxy.server;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Twins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that end a server, stop it, or take a connection over; each on fresh servers. */
class TakeoverParityIT {
  static List<RedisProgram> programs() {
    return RedisProgram.available();
  }

  static List<Arguments> killers() {
    List<Arguments> killers = new ArrayList<>();
    for (RedisProgram program : programs()) {
      for (String killer :
          List.of("SHUTDOWN NOSAVE", "SHUTDOWN", "DEBUG SEGFAULT", "DEBUG PANIC")) {
        killers.add(Arguments.of(program, killer));
      }
    }
    return killers;
  }

  /** DEBUG must be allowed by configuration from 7.0 on; a 6.2 would not know the setting. */
  private static Twins withDebug(RedisProgram program) throws IOException {
    return program == RedisProgram.CARRIED
        ? Twins.start(program)
        : Twins.start(program, "--enable-debug-command", "yes");
  }

  @ParameterizedTest
  @MethodSource("killers")
  void killer_endsTheConnectionWithoutAWord(RedisProgram program, String killer)
      throws IOException {
    try (Twins twins = withDebug(program);
        Pair pair = twins.connect();
        Pair other = twins.connect()) {
      pair.call("SET", "k", "1");
      other.call("MULTI");
      pair.send("GET", "k").reply();
      pair.send(killer.split(" ", -1));
      pair.assertClosed();
      other.assertClosed();
    }
  }

  @ParameterizedTest
  @MethodSource("programs")
  void debug_sleepAndOthers_areAnsweredInOrder(RedisProgram program) throws IOException {
    try (Twins twins = withDebug(program);
        Pair pair = twins.connect();
        Pair other = twins.connect()) {
      pair.call("SET", "k", "1");
      pair.send("GET", "k").send("DEBUG", "SLEEP", "0.1").send("GET", "k").send("INCR", "k");
      other.send("ECHO", "later").reply();
      pair.replies(4);
      pair.call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
      pair.call("DEBUG", "JMAP");
      pair.call("DEBUG", "RELOAD");
      pair.call("GET", "k");
      pair.call("DEBUG", "CHANGE-REPL-ID");
      pair.call("DEBUG", "STRINGMATCH-LEN", "10", "a*");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "string",
        "integer",
        "double",
        "null",
        "array",
        "set",
        "map",
        "attrib",
        "push",
        "verbatim",
        "true",
        "false",
        "bignum",
        "nope"
      })
  void debug_protocol_passesEveryTypeOfReply(String type) throws IOException {
    if (type.equals("push")) {
      assumeRedis7(); // a 6.2 sends no reply behind the push
    }
    try (Twins twins = withDebug(programs().getFirst())) {
      for (String version : new String[] {"2", "3"}) {
        try (Pair pair = twins.connect()) {
          pair.send("HELLO", version).reply(Masks::hello);
          for (int round = 0; round < 2; round++) {
            pair.send("DEBUG", "PROTOCOL", type).send("PING");
            String first = pair.reply();
            if (first.startsWith(">")) {
              pair.reply();
            }
            pair.reply();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("programs")
  void monitor_thenResetOrQuit_isAConnectionAgain(RedisProgram program) throws IOException {
    try (Twins twins = Twins.start(program);
        Pair pair = twins.connect();
        Pair other = twins.connectElsewhere()) {
      pair.call("SET", "k", "1");
      pair.call("MONITOR");
      other.call("ECHO", "seen");
      pair.reply(Masks::origin);
      pair.call("RESET");
      other.call("SET", "k", "2");
      pair.send("GET", "k").send("PING").replies(2);
      pair.call("SUBSCRIBE", "a");
      pair.call("RESET");
      pair.call("QUIT");
      pair.assertClosed();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"MULTI", "SUBSCRIBE a", "WATCH k", "SELECT 1"})
  void monitor_inAnyState_isThatOfRedis(String before) throws IOException {
    try (Twins twins = Twins.start();
        Pair pair = twins.connect()) {
      pair.call(before.split(" ", -1));
      pair.call("MONITOR");
      pair.send("RESET").reply(Masks::origin);
    }
  }

  @Test
  void sync_andPsync_sendTheData() throws IOException {
    try (Twins twins = Twins.start("--repl-diskless-sync", "no");
        Pair pair = twins.connect()) {
      pair.call("REPLCONF", "listening-port", "1234");
      pair.call("REPLCONF", "capa", "eof", "capa", "psync2");
      String start = pair.send("PSYNC", "?", "-1").reply(reply -> reply.replaceAll(" .*", ""));
      assertThat(start).startsWith("+FULLRESYNC");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST / HTTP/1.1", "Host: localhost", "post", "hOST:"})
  void http_isRefusedAndItsConnectionClosed(String line) throws IOException {
    try (Twins twins = Twins.start();
        Pair pair = twins.connect();
        Pair other = twins.connect()) {
      other.call("SET", "k", "1");
      pair.sendRaw("GET / HTTP/1.1\r\n").reply();
      pair.sendRaw(line + "\r\n");
      pair.assertClosed();
      other.call("GET", "k");
    }
  }

  /**
   * In one segment. Redis forgets the replies of what it has read together with the attack, and
   * gives them where it read that by itself; through the sidecar those of a lane are always given.
   * Nothing behind the attack is executed.
   */
  @ParameterizedTest
  @MethodSource("programs")
  void http_behindOtherRequests_endsThemAsIfReadByItself(RedisProgram program) throws IOException {
    try (Twins twins = Twins.start(program)) {
      for (String attack : List.of("Host: x", "POST / HTTP/1.1", "*1\r\n$4\r\nPoST")) {
        attack(twins, attack, List.of("GET / HTTP/1.1"), false);
        attack(twins, attack, List.of(), false);
        attack(twins, attack, List.of("SET k 1", "GET k", "GET k", "INCR k", "SELECT 1"), false);
        attack(twins, attack, List.of("MULTI", "SET k 1", "EXEC", "GET k"), true);
        attack(twins, attack, List.of("SET k 2", "BLPOP q 0.01", "SET k 1"), true);
      }
    }
  }

  private static void attack(Twins twins, String attack, List<String> before, boolean pinned)
      throws IOException {
    twins.flush();
    try (RespClient direct = RespClient.connect(twins.direct().port());
        RespClient through = twins.sidecar().connect();
        Pair other = twins.connect()) {
      StringBuilder expected = new StringBuilder();
      for (String request : before) {
        expected.append(direct.sendRaw(request + "\r\n").reply());
      }
      String rest = attack + "\r\n\r\nSET behind 1\r\nGET k\r\n";
      direct.sendRaw(rest);
      through.sendRaw(before.stream().map(line -> line + "\r\n").collect(joining()) + rest);
      assertThat(direct.isClosed()).isTrue();
      String given = through.rest();
      assertThat(expected.toString()).startsWith(given);
      assertThat(pinned || given.contentEquals(expected)).as("%s gave %s", before, given).isTrue();
      for (String request : List.of("GET behind", "GET k", "DBSIZE")) {
        other.call(request.split(" ", -1));
      }
    }
  }

  private static void assumeRedis7() {
    assumeThat(programs()).as("a Redis 7").contains(RedisProgram.ON_PATH);
  }

  @Test
  void cluster_ofOneNode_isAnsweredAsDirectly() throws IOException {
    assumeRedis7();
    try (Twins twins = Twins.start("--cluster-enabled", "yes");
        Pair pair = twins.connect()) {
      pair.call("SET", "k", "no slot yet");
      pair.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
      Waiting.until(
          "both clusters are up",
          () ->
              pair.ask("CLUSTER", "INFO").through().contains("cluster_state:ok")
                  && pair.ask("CLUSTER", "INFO").direct().contains("cluster_state:ok"));
      for (String request :
          List.of(
              "SET k 1",
              "GET k",
              "GET k",
              "CLUSTER KEYSLOT k",
              "CLUSTER COUNTKEYSINSLOT 12706",
              "CLUSTER GETKEYSINSLOT 12706 10",
              "CLUSTER COUNT-FAILURE-REPORTS x",
              "CLUSTER LINKS",
              "CLUSTER SET-CONFIG-EPOCH x",
              "CLUSTER SETSLOT 1 STABLE",
              "CLUSTER DELSLOTS 1",
              "CLUSTER ADDSLOTS 1",
              "CLUSTER DELSLOTSRANGE 1 2",
              "CLUSTER ADDSLOTSRANGE 1 2",
              "CLUSTER SAVECONFIG",
              "CLUSTER FAILOVER",
              "CLUSTER FORGET x",
              "CLUSTER MEET nope x",
              "CLUSTER REPLICAS x",
              "CLUSTER REPLICATE x",
              "CLUSTER HELP",
              "MGET k other",
              "SELECT 1",
              "ASKING",
              "READONLY",
              "READWRITE",
              "SPUBLISH k m")) {
        pair.call(request.split(" ", -1));
      }
      assertThat(pair.ask("CLUSTER", "MYID").through()).hasSize(40);
    }
  }

  @Test
  void moduleLoad_ofNoModule_isRefusedAsByRedis() throws IOException {
    assumeRedis7();
    Path file = Files.createTempFile("nearside", ".so");
    try (Twins twins = Twins.start("--enable-module-command", "yes");
        Pair pair = twins.connect()) {
      Files.write(file, "no module".getBytes(StandardCharsets.US_ASCII));
      pair.call("MODULE", "LOAD", file.toString());
      pair.call("MODULE", "LOADEX", file.toString());
      pair.call("MODULE", "UNLOAD", "none");
      pair.call("GET", "k");
    } finally {
      Files.delete(file);
    }
  }
}

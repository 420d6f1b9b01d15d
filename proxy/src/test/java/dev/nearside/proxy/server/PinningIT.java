package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A client has an upstream connection of its own while it needs one, and it never shows. */
class PinningIT {
  private static final List<String> ENDING =
      List.of(
          "MULTI;SET k 2;EXEC",
          "MULTI;DISCARD",
          "WATCH k;UNWATCH",
          "WATCH k;MULTI;GET k;EXEC",
          "BLPOP none 0.01",
          "XREAD COUNT 1 STREAMS none 0",
          "SUBSCRIBE a;UNSUBSCRIBE a",
          "CLIENT GETNAME",
          "WAIT 0 10",
          "SET k " + "x".repeat(70_000));
  private static final List<String> LASTING =
      List.of(
          "MULTI;SET k 2",
          "WATCH k",
          "WATCH k;EXEC",
          "WATCH k;DISCARD",
          "MULTI;CLIENT SETNAME me;EXEC",
          "HELLO 2 SETNAME me FOO",
          "CLIENT SETNAME " + "x".repeat(70_000),
          "CLIENT SETINFO LIB-NAME " + "x".repeat(70_000),
          "SUBSCRIBE a",
          "CLIENT ID",
          "CLIENT NO-EVICT ON",
          "CLIENT TRACKING ON",
          "CLIENT INFO",
          "AUTH default any",
          "NOPE",
          "ASKING",
          "READONLY");

  @RegisterExtension private static final SharedTwins twins = new SharedTwins();

  @BeforeEach
  void awaitUnpinned() throws IOException {
    awaitPinned(0);
  }

  private static double connections(String kind) throws IOException {
    return twins.sidecar().metric("nearside_upstream_connections{kind=\"" + kind + "\"}");
  }

  private static void awaitPinned(int count) throws IOException {
    Waiting.until(count + " pinned connections", () -> connections("pinned") == count);
  }

  @Test
  void clients_whoseStateHasEnded_returnToTheLanesUnseen() throws IOException {
    List<Pair> pairs = new ArrayList<>();
    try (Pair other = twins.connect()) {
      for (String script : ENDING) {
        Pair pair = twins.connect();
        pairs.add(pair);
        pair.send("HELLO", "3", "SETNAME", "me").reply(reply -> "");
        pair.call("SELECT", "1");
        pair.call("SET", "k", script);
      }
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < ENDING.size(); i++) {
          run(pairs.get(i), ENDING.get(i));
        }
        awaitPinned(ENDING.size());
        awaitPinned(0);
        for (Pair pair : pairs) {
          pair.call("GET", "k");
          pair.call("SET", "k", "3");
          other.call("GET", "k");
          pair.call("GET", "none");
          pair.call("CLIENT", "GETNAME");
        }
      }
    } finally {
      close(pairs);
    }
  }

  private static void run(Pair pair, String script) throws IOException {
    for (String request : script.split(";", -1)) {
      pair.send(request.split(" ", -1)).reply(reply -> reply.replaceAll("\\d+", "#"));
    }
  }

  @Test
  void clients_withStateUpstream_keepTheirConnections() throws IOException {
    List<Pair> pairs = new ArrayList<>();
    try (Pair last = twins.connect()) {
      for (String script : LASTING) {
        Pair pair = twins.connect();
        pairs.add(pair);
        for (String request : script.split(";", -1)) {
          pair.send(request.split(" ", -1)).reply(reply -> "");
        }
      }
      last.call("CLIENT", "GETNAME"); // begins to linger after them, and so leaves after them
      awaitPinned(LASTING.size() + 1);
      awaitPinned(LASTING.size());
    } finally {
      close(pairs);
    }
  }

  @Test
  void reset_ofAClientThatKnowsItsNumber_leavesItThatAndNothingElse() throws IOException {
    try (RedisServer server = RedisServer.start("--requirepass", "secret");
        Sidecar sidecar =
            Sidecar.inFrontOf(
                server.port(), "upstream.uri=redis://:secret@127.0.0.1:" + server.port() + "/1");
        RespClient client = sidecar.connect()) {
      client.call("HELLO", "3", "SETNAME", "me");
      client.call("SELECT", "2");
      final String number = client.call("CLIENT", "ID");
      client.call("SUBSCRIBE", "a");
      assertThat(client.call("RESET")).isEqualTo("+RESET\r\n");
      client.send("SET", "k", "v").send("GET", "k").send("CLIENT", "ID").send("CLIENT", "INFO");
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      assertThat(client.reply()).isEqualTo("$1\r\nv\r\n");
      assertThat(client.reply()).isEqualTo(number);
      assertThat(client.reply()).contains(" name= ", " db=1 ", " sub=0 ", " user=default ");
    }
  }

  private static void close(List<Pair> pairs) throws IOException {
    for (Pair pair : pairs) {
      pair.close();
    }
  }

  @Test
  void ordinaryCommands_ofAThousandClients_useAHandfulOfConnections() throws IOException {
    List<RespClient> clients = new ArrayList<>();
    Sidecar sidecar = twins.sidecar();
    try {
      for (int i = 0; i < 1_000; i++) {
        RespClient client = sidecar.connect();
        clients.add(client);
        client.send("SET", "k" + i % 7, "v").send("GET", "k" + i % 7).send("HGETALL", "h");
        client.send("EVAL", "return 1", "0").send("KEYS", "none").send("CLIENT", "SETNAME", "x");
      }
      for (RespClient client : clients) {
        for (int i = 0; i < 6; i++) {
          client.reply();
        }
      }
      double lanes = 0;
      for (String kind : List.of("reads", "writes", "scripts", "bulk", "greeting")) {
        lanes += connections(kind);
      }
      assertThat(lanes).isBetween(3.0, 12.0);
      assertThat(connections("pinned")).isZero();
    } finally {
      for (RespClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void pinning_refusedByTheUpstream_saysItsWords() throws IOException {
    try (RedisServer redis = RedisServer.start();
        Sidecar sidecar = Sidecar.inFrontOf(redis.port()).awaitReady();
        RespClient direct = RespClient.connect(redis.port());
        RespClient client = sidecar.connect()) {
      client.call("STRLEN", "k");
      Matcher connected =
          Pattern.compile("connected_clients:(\\d+)").matcher(direct.call("INFO", "clients"));
      assertThat(connected.find()).isTrue();
      direct.call("CONFIG", "SET", "maxclients", connected.group(1));
      assertThat(client.call("MULTI")).isEqualTo("-ERR max number of clients reached\r\n");
      assertThat(client.call("STRLEN", "k")).isEqualTo(":0\r\n");
      direct.call("CONFIG", "SET", "maxclients", "1000");
      Waiting.until(
          "it is tried again, after a wait", () -> client.call("MULTI").equals("+OK\r\n"));
    }
  }
}

package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.ScriptedUpstream;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a sidecar makes of an upstream that misbehaves. */
class UpstreamWireTest {
  private static final String[] QUICK = {"upstream.connect-timeout=300ms", "l1.mode=off"};

  private static void answer(List<String> request, ScriptedUpstream.Connection connection)
      throws IOException {
    switch (request.getFirst()) {
      case "CUT", "HGET" -> {
        connection.send("$10\r\nhalf");
        connection.close();
      }
      case "STRLEN" -> connection.send("?what\r\n");
      case "HGETALL" -> connection.sendByteByByte("*2\r\n$1\r\nf\r\n*2\r\n:1\r\n$-1\r\n");
      case "TTL" -> connection.send(">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n:7\r\n");
      case "LLEN" -> connection.send("*1\r\n>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n:7\r\n");
      default -> connection.send("+" + request.getFirst() + "\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HGET h f", "STRLEN s"})
  void reply_cutOrNoResp_closesTheClientAndNobodyLater(String request) throws IOException {
    try (ScriptedUpstream upstream = ScriptedUpstream.answering(UpstreamWireTest::answer);
        Sidecar sidecar = Sidecar.inFrontOf(upstream.port(), QUICK);
        RespClient client = sidecar.connect();
        RespClient later = sidecar.connect()) {
      assertThat(client.call("ECHO", "x")).isEqualTo("+ECHO\r\n");
      client.send(request.split(" ", -1));
      assertThat(isEnded(client)).isTrue();
      assertThat(later.call("ECHO", "x")).isEqualTo("+ECHO\r\n");
      Waiting.until("the client is gone", () -> sidecar.metric("nearside_clients") == 1);
    }
  }

  @Test
  void reply_thatIsNoRespOnAConnectionOfItsOwn_passesAsItIs() throws IOException {
    try (ScriptedUpstream upstream =
            ScriptedUpstream.answering((request, connection) ->
                connection.send(request.getFirst().equals("TALK") ? "hello\n" : "you too\n"));
        Sidecar sidecar = Sidecar.inFrontOf(upstream.port(), QUICK);
        RespClient client = sidecar.connect()) {
      assertThat(client.call("TALK")).isEqualTo("hello\n");
      assertThat(client.call("SET", "k", "v")).isEqualTo("you too\n");
      assertThat(client.call("SET", "k", "x".repeat(100_000))).isEqualTo("you too\n");
      assertThat(sidecar.metric("nearside_fences_up")).isZero();
    }
  }

  /** Some bytes of a reply may have come; what counts is that the end does. */
  private static boolean isEnded(RespClient client) throws IOException {
    for (int i = 0; i < 100; i++) {
      if (client.isClosed()) {
        return true;
      }
    }
    return false;
  }

  @Test
  void reply_splitAtEveryByteOrBehindAPush_isWhole() throws IOException {
    try (ScriptedUpstream upstream = ScriptedUpstream.answering(UpstreamWireTest::answer);
        Sidecar sidecar = Sidecar.inFrontOf(upstream.port(), QUICK);
        RespClient client = sidecar.connect()) {
      assertThat(client.call("HGETALL", "h")).isEqualTo("*2\r\n$1\r\nf\r\n*2\r\n:1\r\n$-1\r\n");
      assertThat(client.call("TTL", "k")).isEqualTo(":7\r\n");
      assertThat(client.call("ECHO", "x")).isEqualTo("+ECHO\r\n");
    }
  }

  @Test
  void greeting_neverAnswered_isAnErrorInTime() throws IOException {
    try (ScriptedUpstream upstream = ScriptedUpstream.greeting((request, connection) -> {});
        Sidecar sidecar = Sidecar.inFrontOf(upstream.port(), QUICK);
        RespClient client = sidecar.connect()) {
      assertThat(client.call("ECHO", "x")).startsWith("-TRYAGAIN ");
      assertThat(client.call("MULTI")).startsWith("-TRYAGAIN ");
      assertThat(client.call("HELLO", "3")).startsWith("-TRYAGAIN ");
    }
  }

  @Test
  void greeting_refused_isAnErrorAndTheClientStays() throws IOException {
    try (ScriptedUpstream upstream =
            ScriptedUpstream.greeting((request, connection) ->
                connection.send("-ERR max number of clients reached\r\n"));
        Sidecar sidecar = Sidecar.inFrontOf(upstream.port(), QUICK);
        RespClient client = sidecar.connect()) {
      assertThat(client.call("ECHO", "x")).startsWith("-TRYAGAIN ");
      assertThat(client.call("GET", "x")).startsWith("-TRYAGAIN ");
    }
  }

  @Test
  void greeting_withoutCredentials_isPassedOnToTheClient() throws IOException {
    String refusal = "-NOAUTH Authentication required.\r\n";
    try (ScriptedUpstream upstream =
            ScriptedUpstream.greeting((request, connection) -> connection.send(refusal));
        Sidecar sidecar = Sidecar.inFrontOf(upstream.port(), QUICK);
        RespClient client = sidecar.connect()) {
      assertThat(client.call("ECHO", "x")).isEqualTo(refusal);
      assertThat(client.call("GET", "x")).isEqualTo(refusal);
    }
  }

  @Test
  void lane_oneOfItsClientsGone_servesTheOther() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    try (ScriptedUpstream upstream =
            ScriptedUpstream.answering((request, connection) -> {
              if (request.contains("slow")) {
                await(gone);
              }
              connection.send("$" + request.get(1).length() + "\r\n" + request.get(1) + "\r\n");
            });
        Sidecar sidecar = Sidecar.inFrontOf(upstream.port(), QUICK)) {
      RespClient leaver = sidecar.connect();
      try (RespClient stayer = sidecar.connect()) {
        assertThat(leaver.call("ECHO", "a")).isEqualTo("$1\r\na\r\n");
        leaver.send("ECHO", "slow");
        for (int i = 0; i < 100; i++) {
          leaver.send("ECHO", "leaver " + "x".repeat(i * 100));
        }
        stayer.send("ECHO", "stayer");
        leaver.close();
        assertThat(stayer.send("ECHO", "more")).isNotNull();
        gone.countDown();
        assertThat(stayer.reply()).contains("stayer");
        assertThat(stayer.reply()).contains("more");
        Waiting.until("the client is gone", () -> sidecar.metric("nearside_clients") == 1);
      }
    }
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new IOException("the test never went on");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void unsubscribe_fromAllBehindAMessage_isConfirmedBehindIt() throws IOException {
    String message = "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n";
    String confirmed = "*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n";
    try (ScriptedUpstream upstream =
            ScriptedUpstream.answering((request, connection) ->
                connection.send(
                    request.getFirst().equals("SUBSCRIBE")
                        ? "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
                        : message + confirmed));
        Sidecar sidecar = Sidecar.inFrontOf(upstream.port(), QUICK);
        RespClient client = sidecar.connect()) {
      client.call("SUBSCRIBE", "c");
      assertThat(client.call("UNSUBSCRIBE")).isEqualTo(message);
      assertThat(client.reply()).isEqualTo(confirmed);
    }
  }

  @Test
  void reply_toASlowReaderAlone_waitsInTheSocketAndNobodyBehindIt() throws IOException {
    String big = bulk("x".repeat(9_000_000));
    try (ScriptedUpstream upstream =
            ScriptedUpstream.answering((request, connection) ->
                connection.send(request.getFirst().equals("STRLEN") ? ":1\r\n" : big));
        Sidecar sidecar =
            Sidecar.inFrontOf(upstream.port(), "l1.mode=off", "limits.max-output=4MiB");
        RespClient slow = sidecar.connect();
        RespClient other = sidecar.connect()) {
      for (int i = 0; i < 5; i++) {
        slow.send("HGET", "k", "f");
      }
      Waiting.until("it is slow", () -> sidecar.metric("nearside_clients_slow_total") == 1);
      assertThat(other.call("STRLEN", "k")).isEqualTo(":1\r\n");
      assertThat(connections(sidecar, "reads")).isEqualTo(2);
      for (int i = 0; i < 5; i++) {
        assertThat(slow.reply()).isEqualTo(big);
      }
      assertThat(sidecar.metric("nearside_clients")).isEqualTo(2);
      slow.call("STRLEN", "k");
      assertThat(connections(sidecar, "pinned"))
          .as("it reads from a connection of its own")
          .isEqualTo(1);
      Waiting.until("it needs that no longer", () -> connections(sidecar, "pinned") == 0);
      assertThat(slow.call("STRLEN", "k")).isEqualTo(":1\r\n");
    }
  }

  @Test
  void lane_setAsideWithACommandUnanswered_letsNoneOvertakeIt() throws Exception {
    CountDownLatch finish = new CountDownLatch(1);
    List<String> received = new CopyOnWriteArrayList<>();
    try (ScriptedUpstream upstream =
            ScriptedUpstream.answering((request, connection) -> {
              received.add(request.getLast());
              if (request.contains("first")) { // both are sent and unanswered
                connection.send("$2000000\r\n" + "x".repeat(1_000_000));
                await(finish);
                connection.send("x".repeat(1_000_000) + "\r\n");
              }
              if (!request.contains("long")) {
                connection.send(":" + received.size() + "\r\n");
              }
            });
        Sidecar sidecar = Sidecar.inFrontOf(upstream.port(), QUICK);
        RespClient reader = sidecar.connect();
        RespClient writer = sidecar.connect();
        RespClient third = sidecar.connect()) {
      reader.send("GETEX", "long");
      Waiting.until("it is sent", () -> received.contains("long"));
      writer.send("INCR", "first");
      Waiting.until("the long reply has begun", reader::hasBytes);
      writer.send("INCR", "second");
      assertThat(third.call("INCR", "third")).isEqualTo(":3\r\n");
      assertThat(third.call("INCR", "third")).isEqualTo(":4\r\n");
      finish.countDown();
      assertThat(writer.reply()).isEqualTo(":4\r\n");
      assertThat(writer.reply()).isEqualTo(":5\r\n");
      assertThat(received).containsExactly("long", "first", "third", "third", "second");
    }
  }

  @Test
  void lane_setAside_servesAsSoonAsItOwesNothingThoughNoOtherIsMade() throws Exception {
    CountDownLatch finish = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    List<String> received = new CopyOnWriteArrayList<>();
    try (ScriptedUpstream upstream =
            ScriptedUpstream.greeting((request, connection) -> {
              received.add(request.getFirst());
              switch (request.getFirst()) {
                case "HELLO" -> {
                  if (received.contains("HGET")) {
                    await(never); // nobody is greeted any more
                  }
                  connection.send("*2\r\n+server\r\n+redis\r\n");
                }
                case "HGET" -> {
                  connection.send("$2000000\r\n" + "x".repeat(1_000_000));
                  await(finish);
                  connection.send("x".repeat(1_000_000) + "\r\n");
                }
                default -> connection.send(":1\r\n");
              }
            });
        Sidecar sidecar = Sidecar.inFrontOf(upstream.port(), "l1.mode=off");
        RespClient reader = sidecar.connect();
        RespClient other = sidecar.connect()) {
      reader.send("HGET", "h", "long");
      Waiting.until("the long reply has begun", reader::hasBytes);
      other.send("STRLEN", "k");
      Waiting.until("another is being made", () -> received.getLast().equals("HELLO"));
      finish.countDown();
      assertThat(other.reply()).isEqualTo(":1\r\n");
      assertThat(reader.reply()).hasSize(2_000_012);
      never.countDown();
    }
  }

  @Test
  void reply_toASlowReaderBeforeAnother_closesTheSlowOneAtItsLimit() throws IOException {
    String huge = bulk("x".repeat(64 << 20));
    try (ScriptedUpstream upstream =
            ScriptedUpstream.answering((request, connection) -> {
              if (request.contains("other")) { // both are sent and unanswered
                connection.send(huge);
                connection.send(":1\r\n");
              }
            });
        Sidecar sidecar =
            Sidecar.inFrontOf(upstream.port(), "l1.mode=off", "limits.max-output=4MiB");
        RespClient slow = sidecar.connect();
        RespClient other = sidecar.connect()) {
      slow.send("HGET", "slow", "f");
      Waiting.until("it is sent", () -> relayed(sidecar) == 1);
      assertThat(other.call("STRLEN", "other")).isEqualTo(":1\r\n");
      Waiting.until("the slow client is closed", () -> sidecar.metric("nearside_clients") == 1);
    }
  }

  private static String bulk(String value) {
    return "$" + value.length() + "\r\n" + value + "\r\n";
  }

  private static double relayed(Sidecar sidecar) throws IOException {
    return sidecar
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("nearside_requests_total{way=\"relay\""))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static double connections(Sidecar sidecar, String kind) throws IOException {
    return sidecar.metric("nearside_upstream_connections{kind=\"" + kind + "\"}");
  }
}

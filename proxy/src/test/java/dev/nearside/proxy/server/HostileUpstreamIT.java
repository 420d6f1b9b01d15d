package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.MemoryUse;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.ScriptedUpstream;
import dev.nearside.proxy.scene.SidecarProcess;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An upstream that wants the sidecar's memory, and clients that do not read what it sends: of 128
 * MiB of heap and as much direct memory they get what their connections are worth.
 */
class HostileUpstreamIT {
  private static final long MIB = 1 << 20;
  private static final int DEAF = 10;

  /** What a client may leave unread here, and 1 MiB read before its socket is found full. */
  private static final long DEAF_BYTES = 4 * MIB + MIB;

  private static final long SLACK_BYTES = 16 * MIB;

  private static final String KIB_OF_X = "x".repeat(1024);
  private static final AtomicLong SENT = new AtomicLong();
  private static final AtomicInteger UNDER_WAY = new AtomicInteger();
  private static ScriptedUpstream upstream;
  private static SidecarProcess sidecar;
  private static MemoryUse before;
  private final List<RespClient> hostile = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    upstream = ScriptedUpstream.answering(HostileUpstreamIT::answer);
    String uri = "redis://127.0.0.1:" + upstream.port();
    sidecar =
        SidecarProcess.run(List.of("--upstream", uri, "--set", "limits.max-output=4MiB"))
            .awaitListening();
    assertServed();
    before = MemoryUse.of(sidecar);
  }

  @AfterAll
  static void stop() {
    sidecar.close();
    upstream.close();
  }

  @AfterEach
  void leave() throws IOException {
    for (RespClient client : hostile) {
      client.close();
    }
    assertServed();
    Waiting.until(
        "nothing is under way",
        () -> UNDER_WAY.get() == 0 && sidecar.metric("nearside_clients") == 0);
  }

  /** GETRANGE BEGIN PIECE TIMES END says what to send, LRANGE KEY PIECE what to send for ever. */
  private static void answer(List<String> request, ScriptedUpstream.Connection connection)
      throws IOException {
    switch (request.getFirst()) {
      case "GETRANGE" -> {
        connection.send(request.get(1));
        flood(connection, request.get(2).repeat(64), Integer.parseInt(request.get(3)));
        connection.send(request.get(4));
      }
      case "LRANGE" -> flood(connection, request.get(2).repeat(10_000), Integer.MAX_VALUE);
      case "SUBSCRIBE" -> {
        connection.send("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
        String message = "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1024\r\n" + KIB_OF_X + "\r\n";
        flood(connection, message.repeat(64), Integer.MAX_VALUE);
      }
      default -> connection.send(request.contains("PING") ? "+PONG\r\n" : "$1\r\nv\r\n");
    }
  }

  private static void flood(ScriptedUpstream.Connection connection, String piece, int times)
      throws IOException {
    UNDER_WAY.incrementAndGet();
    try {
      for (int i = 0; i < times; i++) {
        connection.send(piece);
        SENT.incrementAndGet();
      }
    } finally {
      UNDER_WAY.decrementAndGet();
    }
  }

  private static void assertServed() throws IOException {
    try (RespClient client = sidecar.connect()) {
      for (int i = 0; i < 50; i++) {
        assertThat(client.call("GET", "ordinary")).isEqualTo("$1\r\nv\r\n");
      }
    }
  }

  private RespClient hostile() throws IOException {
    RespClient client = sidecar.connect();
    hostile.add(client);
    return client;
  }

  private static void awaitStanding() {
    Waiting.until(
        "no more comes",
        () -> {
          long sent = SENT.get();
          assertServed();
          return sent > 0 && sent == SENT.get();
        });
  }

  private static void assertGrownByAtMost(long bytes) throws Exception {
    before.assertGrownByAtMost(bytes + SLACK_BYTES, MemoryUse.of(sidecar));
  }

  @ParameterizedTest
  @ValueSource(strings = {"*2\r\n", "|1\r\n", "%1\r\n:1\r\n*2\r\n"})
  void nesting_withoutEnd_endsTheConnection(String level) throws Exception {
    for (int i = 0; i < DEAF; i++) {
      RespClient client = hostile();
      client.send("LRANGE", "evil", level);
      drain(client);
    }
    assertServed();
    assertGrownByAtMost(0);
  }

  private static void drain(RespClient client) throws IOException {
    boolean closed = false;
    while (!closed) {
      closed = client.isClosed();
    }
  }

  /** Each would take more than all the memory there is, together with the others. */
  @ParameterizedTest
  @CsvSource({
    "'$16777216',x",
    "'*1000000',:1000000000",
    "+,x",
  })
  void replies_ofSixteenMebibytes_neverRead(String begin, String piece) throws Exception {
    boolean array = begin.startsWith("*");
    for (int i = 0; i < DEAF; i++) {
      hostile()
          .send(
              "GETRANGE",
              begin.equals("+") ? begin : begin + "\r\n",
              array ? piece + "\r\n" : KIB_OF_X,
              array ? "15625" : "256",
              array ? "" : "\r\n");
    }
    awaitStanding();
    assertGrownByAtMost(DEAF * DEAF_BYTES);
  }

  @Test
  void messages_withoutEnd_neverRead() throws Exception {
    for (int i = 0; i < DEAF; i++) {
      assertThat(hostile().call("SUBSCRIBE", "c")).startsWith("*3\r\n$9\r\nsubscribe");
    }
    awaitStanding();
    assertThat(UNDER_WAY.get()).isEqualTo(DEAF);
    assertGrownByAtMost(DEAF * DEAF_BYTES);
  }
}

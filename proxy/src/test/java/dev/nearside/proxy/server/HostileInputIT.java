package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.MemoryUse;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SidecarProcess;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that want the sidecar's memory get no more of it than their connections are worth, and
 * everybody else is served meanwhile and afterwards. The sidecar has 128 MiB of heap and as much
 * direct memory: taking all that is asked for would end it.
 */
class HostileInputIT {
  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;

  /** What a client and a connection of its own cost that have sent and owe nothing. */
  private static final long IDLE_BYTES = 24 * KIB;

  /** Of a request 64 KiB are gathered at most. */
  private static final long GATHERING_BYTES = IDLE_BYTES + 72 * KIB;

  /** Two ints for each argument of at least 6 bytes in 64 KiB, in arrays up to twice as long. */
  private static final long POSITIONS_BYTES = 2 * 4 * 16 * KIB;

  /** 1 MiB to the mark at which a socket takes no more, 1 MiB asked for, and what is read ahead. */
  private static final long DEAF_BYTES = 5 * MIB / 2;

  /** Chunks that the allocator takes at a time. */
  private static final long SLACK_BYTES = 16 * MIB;

  private static RedisServer redis;
  private static SidecarProcess sidecar;
  private static MemoryUse before;
  private final List<RespClient> hostile = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    redis = RedisServer.start();
    sidecar =
        SidecarProcess.run(
                List.of(
                    "--upstream",
                    "redis://127.0.0.1:" + redis.port(),
                    "--set",
                    "l1.admission-window=0s"))
            .awaitReady();
    assertServed();
    before = MemoryUse.of(sidecar);
  }

  @AfterAll
  static void stop() {
    sidecar.close();
    redis.close();
  }

  @AfterEach
  void leave() throws IOException {
    for (RespClient client : hostile) {
      client.close();
    }
    assertServed();
    Waiting.until(
        "no client is left",
        () ->
            sidecar.metric("nearside_clients") == 0
                && sidecar.metric("nearside_upstream_connections{kind=\"pinned\",}") == 0);
  }

  private static void assertServed() throws IOException {
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("PING")).isEqualTo("+PONG\r\n");
      assertThat(client.call("GET", "ordinary")).isEqualTo("$-1\r\n");
    }
  }

  private RespClient hostile() throws IOException {
    RespClient client = sidecar.connect();
    hostile.add(client);
    return client;
  }

  private static void assertGrownByAtMost(long bytes) throws Exception {
    before.assertGrownByAtMost(bytes + SLACK_BYTES, MemoryUse.of(sidecar));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*1000000\r\n$3\r\nDEL\r\n$1\r\nk\r\n",
        "*2147483647\r\n$60000\r\n",
        "*1\r\n$60000\r\n",
      })
  void announced_andNeverSent_isNotSetAside(String beginning) throws Exception {
    for (int i = 0; i < 300; i++) {
      hostile().sendRaw(beginning);
    }
    Waiting.until("all are connected", () -> sidecar.metric("nearside_clients") == 300);
    assertServed();
    assertGrownByAtMost(300 * IDLE_BYTES);
  }

  @Test
  void arrays_ofTenThousandEmptyBulks_leaveNothing() throws Exception {
    String array = "*10000\r\n" + "$0\r\n\r\n".repeat(10_000);
    for (int i = 0; i < 300; i++) {
      assertThat(hostile().sendRaw(array).reply()).startsWith("-ERR unknown command");
    }
    assertServed();
    assertGrownByAtMost(300 * IDLE_BYTES);
  }

  @Test
  void arrays_nearlyWhole_keepTheirBytesAndPositions() throws Exception {
    String array = "*10000\r\n" + "$0\r\n\r\n".repeat(9_999);
    for (int i = 0; i < 100; i++) {
      hostile().sendRaw(array);
    }
    Waiting.until("all are connected", () -> sidecar.metric("nearside_clients") == 100);
    assertServed();
    assertGrownByAtMost(100 * (GATHERING_BYTES + POSITIONS_BYTES));
  }

  @Test
  void inline_withoutEnd_isRefused() throws Exception {
    for (int i = 0; i < 50; i++) {
      RespClient client = hostile();
      client.sendRaw("x".repeat(65_537));
      assertThat(client.reply()).isEqualTo("-ERR Protocol error: too big inline request\r\n");
      assertThat(client.isClosed()).isTrue();
    }
    assertGrownByAtMost(0);
  }

  @Test
  void inline_notYetTooLong_isNoMoreThanItsBytes() throws Exception {
    for (int i = 0; i < 300; i++) {
      hostile().sendRaw("x".repeat(65_000));
    }
    Waiting.until("all are connected", () -> sidecar.metric("nearside_clients") == 300);
    assertServed();
    assertGrownByAtMost(300 * GATHERING_BYTES);
  }

  @Test
  void requests_byteByByte_areAnswered() throws Exception {
    for (int i = 0; i < 50; i++) {
      hostile();
    }
    String request = "*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n";
    for (int at = 0; at < request.length(); at++) {
      for (RespClient client : hostile) {
        client.sendRaw(request.substring(at, at + 1));
      }
    }
    for (RespClient client : hostile) {
      assertThat(client.reply()).isEqualTo("$2\r\nhi\r\n");
    }
    assertGrownByAtMost(50 * IDLE_BYTES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET k10\r\n", "GETRANGE k10 0 -1\r\n", "\r\n", "PING\r\n"})
  void pipelines_neverRead_stopAtTheClient(String request) throws Exception {
    int deaf = 20;
    try (RespClient other = sidecar.connect()) {
      other.call("SET", "k10", "v".repeat(10_240));
      other.call("GET", "k10");
      other.call("GET", "k10"); // in L1 by now
      for (int i = 0; i < deaf; i++) {
        sendWithoutReading(hostile(), request);
      }
      for (int i = 0; i < 500; i++) {
        assertThat(other.call("GET", "k10")).startsWith("$10240\r\n");
      }
      assertGrownByAtMost(deaf * DEAF_BYTES);
    }
  }

  private static void sendWithoutReading(RespClient client, String request) {
    String many = request.repeat(1000);
    Thread.ofVirtual()
        .start(() -> {
          try {
            for (int i = 0; i < 100; i++) {
              client.sendRaw(many);
            }
          } catch (IOException closed) {
            return; // by the sidecar, or by the test when it has seen enough
          }
        });
  }

  /** A command that begins it, and one that takes keys; half a million of them in all. */
  @ParameterizedTest
  @CsvSource({"MULTI,DEL", "PING,SUBSCRIBE", "CLIENT TRACKING ON,MGET"})
  void state_ofHalfAMillionKeys_isTheUpstreams(String begins, String takes) throws Exception {
    RespClient client = hostile();
    client.call("HELLO", "3");
    assertThat(client.call(begins.split(" ", -1))).isIn("+OK\r\n", "+PONG\r\n");
    for (int round = 0; round < 500; round++) {
      StringBuilder request = new StringBuilder(takes);
      for (int i = 0; i < 1000; i++) {
        request.append(" key:").append(round).append(':').append(i);
      }
      client.sendRaw(request.append("\r\n").toString());
      for (int replies = takes.equals("SUBSCRIBE") ? 1000 : 1; replies > 0; replies--) {
        client.reply();
      }
    }
    assertServed();
    assertGrownByAtMost(0);
  }
}

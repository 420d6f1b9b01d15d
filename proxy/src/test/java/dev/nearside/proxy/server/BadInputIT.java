package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Waiting;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that break the rules or leave in the middle hurt nobody but themselves. */
class BadInputIT {
  @RegisterExtension private static final SharedTwins twins = new SharedTwins();

  private static void awaitRest() {
    Waiting.until(
        "no client, fence or pinned connection is left",
        () ->
            twins.sidecar().metric("nearside_clients") == 0
                && twins.sidecar().metric("nearside_fences_up") == 0
                && twins.sidecar().metric("nearside_upstream_connections{kind=\"pinned\"}") == 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*x\r\n",
        "*2147483648\r\n",
        "*1\r\n$-1\r\n",
        "*2\r\n$3\r\nGET\r\n$536870913\r\n",
        "*2\r\n$3\r\nGET\r\n$9223372036854775808\r\n",
        "*1\r\nGET\r\n",
        "GET \"k\r\n",
        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$70000\r\n",
      })
  void malformed_afterGoodRequests_isRefusedAsByRedis(String bytes) throws IOException {
    String large = bytes.endsWith("$70000\r\n") ? "x".repeat(70_002) + "*1\r\n:1\r\n" : "";
    try (Pair pair = twins.connect()) {
      pair.sendRaw("SET k 1\r\nGET k\r\nINCR k\r\n" + bytes + large);
      pair.replies(large.isEmpty() ? 4 : 5);
      pair.assertClosed();
    }
    awaitRest();
  }

  @Test
  void malformed_withinALargeRequest_isRefusedAsByRedis() throws IOException {
    String begin = "*4\r\n$4\r\nMSET\r\n$1\r\nk\r\n$70000\r\n" + "x".repeat(70_000) + "\r\n";
    try (Pair pair = twins.connect()) {
      pair.sendRaw("PING\r\n" + begin + ":oops\r\n").replies(2);
      pair.assertClosed();
    }
    awaitRest();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void shutdownOutput_afterAPipeline_getsEveryReply(int rounds) throws IOException {
    String value = "v".repeat(10_000);
    for (int round = 0; round < rounds; round++) {
      try (Pair pair = twins.connect()) {
        pair.call("SET", "k", value);
        pair.call("GET", "k");
        pair.send("GET", "k").send("INCR", "n").send("HELLO", "2x").send("GET", "k");
        pair.send("SELECT", "1").send("GET", "k").send("MULTI").send("GET", "k").send("EXEC");
        pair.shutdownOutput();
        pair.replies(9);
        pair.assertClosed();
      }
    }
    awaitRest();
  }

  @Test
  void shutdownOutput_whileBlocked_endsTheWaitAndTakesNothing() throws IOException {
    try (Pair blocked = twins.connect();
        Pair other = twins.connect()) {
      blocked.send("BLPOP", "queue", "0").shutdownOutput();
      blocked.assertClosed();
      other.call("RPUSH", "queue", "job");
      other.call("LLEN", "queue");
      other.call("DEL", "queue");
    }
    awaitRest();
  }

  @Test
  void shutdownOutput_ofASubscriber_endsIt() throws IOException {
    try (Pair subscriber = twins.connect()) {
      subscriber.call("SUBSCRIBE", "a");
      subscriber.shutdownOutput();
      subscriber.assertClosed();
    }
    awaitRest();
  }

  @Test
  void client_goneInTheMiddle_leavesNothingBehind() throws IOException {
    String value = "v".repeat(1_000_000);
    try (RespClient other = twins.sidecar().connect()) {
      other.call("SET", "big", value);
      for (String half :
          new String[] {
            "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n" + "x".repeat(90_000),
            "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10\r\nxx",
            "GET big\r\nDUMP big\r\nGET big\r\nLRANGE big 0 -1\r\n",
            "INCR gone\r\n".repeat(1000) + "GET big\r\n".repeat(20),
            "BLPOP nothing 0\r\n",
            "MULTI\r\nSET k 1\r\n",
            "SUBSCRIBE a\r\n"
          }) {
        for (int i = 0; i < 5; i++) {
          RespClient leaver = twins.sidecar().connect();
          leaver.sendRaw(half);
          leaver.close();
        }
        assertThat(other.call("STRLEN", "big")).isEqualTo(":1000000\r\n");
        assertThat(other.call("SET", "k", "1")).isEqualTo("+OK\r\n");
      }
    }
    awaitRest();
  }

  @Test
  void client_thatNeverReads_isHeldBackOrClosed_othersAreServed() throws IOException {
    RespClient deaf = twins.sidecar().connect();
    try (RespClient other = twins.sidecar().connect()) {
      other.call("SET", "k10", "v".repeat(10_240));
      other.call("GET", "k10");
      Thread sender =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int i = 0; i < 100; i++) {
                    deaf.sendRaw("GET k10\r\n".repeat(1000));
                  }
                } catch (IOException closed) {
                  return; // by the sidecar, or by the test when it has seen enough
                }
              });
      for (int i = 0; i < 2000; i++) {
        assertThat(other.call("GET", "k10")).startsWith("$10240\r\n");
      }
      assertThat(directBytes()).isLessThan(512L << 20);
      deaf.close();
      Waiting.until("the sender has ended", () -> !sender.isAlive());
    }
    awaitRest();
  }

  private static long directBytes() {
    return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
  }

  @Test
  void pings_manyThousandPipelined_areAllAnswered() throws Exception {
    int thousands = 250;
    try (RespClient client = twins.sidecar().connect()) {
      Thread sender =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int i = 0; i < thousands; i++) {
                    client.sendRaw("PING\r\n".repeat(1000));
                  }
                } catch (IOException closed) {
                  return; // then replies are missing, which the test sees
                }
              });
      for (int i = 0; i < thousands * 1000; i++) {
        String reply = client.reply();
        if (!reply.equals("+PONG\r\n")) {
          throw new AssertionError("reply " + i + " is " + reply);
        }
      }
      sender.join();
    }
    awaitRest();
  }
}

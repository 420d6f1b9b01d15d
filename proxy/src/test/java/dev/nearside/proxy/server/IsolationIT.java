package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nothing waits for the wrong thing: what one client does, or leaves undone, delays no other. All
 * clients share the one event loop. No time is measured: the victims must be answered while the
 * culprit is still held.
 */
class IsolationIT {
  private static final int MIB = 1024 * 1024;
  private static final int LARGE = 64 * MIB - 1024;
  private static final int MEMORY_BOUND = 48 * MIB;

  private RedisServer redis;
  private Sidecar sidecar;
  private RespClient direct;

  @BeforeEach
  void start() throws IOException {
    redis = RedisServer.start("--lua-time-limit", "20");
    sidecar =
        Sidecar.inFrontOf(redis.port(), "l1.admission-window=0s", "event-loops=1").awaitReady();
    direct = RespClient.connect(redis.port());
  }

  @AfterEach
  void stop() throws IOException {
    direct.close();
    sidecar.close();
    redis.close();
  }

  /** Reads and writes of every way, on keys that are in L1 and that are not. */
  private void assertServed(RespClient victim) throws IOException {
    assertReads(victim);
    assertThat(victim.call("SET", "v", "1")).isEqualTo("+OK\r\n");
    assertThat(victim.call("INCR", "v")).isEqualTo(":2\r\n");
    assertThat(victim.call("EVAL", "return 7", "0")).isEqualTo(":7\r\n");
    victim.send("MULTI").send("INCR", "v").send("EXEC");
    assertThat(victim.reply() + victim.reply() + victim.reply()).endsWith(":3\r\n");
  }

  private static void assertReads(RespClient victim) throws IOException {
    for (int i = 0; i < 3; i++) {
      assertThat(victim.call("GET", "warm")).startsWith("$");
      assertThat(victim.call("GET", "none" + i)).startsWith("$");
      assertThat(victim.call("STRLEN", "warm")).startsWith(":");
    }
    assertThat(victim.call("PING")).isEqualTo("+PONG\r\n");
  }

  /** Returns the id of the client whose last command is {@code command} and that is held. */
  private String awaitHeld(String command) {
    Pattern held = Pattern.compile("id=(\\d+) .* flags=b .* cmd=" + command + " ");
    String[] id = new String[1];
    Waiting.until(
        command + " is held",
        () -> {
          Matcher found = held.matcher(direct.call("CLIENT", "LIST"));
          id[0] = found.find() ? found.group(1) : null;
          return id[0] != null;
        });
    return id[0];
  }

  private void awaitBlocked(int clients) {
    Waiting.until(
        clients + " are blocked",
        () -> direct.call("INFO", "clients").contains("blocked_clients:" + clients + "\r\n"));
  }

  private static long usedMemory() {
    ByteBufAllocatorMetric metric =
        ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric();
    return metric.usedDirectMemory() + metric.usedHeapMemory();
  }

  private static void sendInBackground(RespClient client, String bytes) {
    Thread.ofVirtual()
        .start(() -> {
          try {
            client.sendRaw(bytes);
          } catch (IOException e) {
            // the client was closed; whoever reads its replies sees that
          }
        });
  }

  private void createLarge(String key, int length) throws IOException {
    direct.call("SETRANGE", key, Integer.toString(length - 1), "x");
  }

  @Test
  void largeSet_streamedSlowly_delaysNobody() throws IOException {
    long before = usedMemory();
    try (RespClient culprit = sidecar.connect();
        RespClient victim = sidecar.connect()) {
      int length = LARGE + 8 * MIB;
      culprit.sendRaw("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$" + length + "\r\n");
      String piece = "x".repeat(MIB);
      for (int sent = 0; sent < length; sent += MIB) {
        culprit.sendRaw(piece.substring(0, Math.min(MIB, length - sent)));
        if (sent % (16 * MIB) == 0) {
          assertServed(victim);
          assertThat(culprit.hasBytes()).isFalse();
          direct.call("DEL", "v");
        }
      }
      assertServed(victim);
      assertThat(culprit.hasBytes()).isFalse();
      assertThat(usedMemory() - before).isLessThan(MEMORY_BOUND);
      culprit.sendRaw("\r\n");
      assertThat(culprit.reply()).isEqualTo("+OK\r\n");
      assertThat(culprit.call("STRLEN", "big")).isEqualTo(":" + length + "\r\n");
    }
  }

  @Test
  void smallRequest_neverFinished_delaysNobody() throws IOException {
    try (RespClient culprit = sidecar.connect();
        RespClient victim = sidecar.connect()) {
      culprit.sendRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nha");
      assertServed(victim);
      culprit.sendRaw("lf!\r\n");
      assertThat(culprit.reply()).isEqualTo("+OK\r\n");
    }
  }

  @Test
  void largeReply_unread_delaysNobodyAndIsDeliveredLater() throws IOException {
    createLarge("big", LARGE);
    long before = usedMemory();
    try (RespClient culprit = sidecar.connect();
        RespClient victim = sidecar.connect()) {
      culprit.send("GETRANGE", "big", "0", "-1");
      Waiting.until("the reply has begun", culprit::hasBytes);
      assertServed(victim);
      assertThat(usedMemory() - before).isLessThan(MEMORY_BOUND);
      assertThat(culprit.reply()).hasSize(LARGE + ("$" + LARGE + "\r\n\r\n").length());
      assertThat(culprit.call("PING")).isEqualTo("+PONG\r\n");
    }
  }

  @Test
  void manyMegabyteGets_unread_delayNobodyAndAreDeliveredLater() throws IOException {
    int count = 100;
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < count; i++) {
      createLarge("m" + i, MIB);
      requests.append("GET m").append(i).append("\r\n");
    }
    long before = usedMemory();
    try (RespClient culprit = sidecar.connect();
        RespClient victim = sidecar.connect()) {
      culprit.sendRaw(requests.toString());
      Waiting.until("the replies have begun", culprit::hasBytes);
      assertServed(victim);
      assertThat(usedMemory() - before).isLessThan(MEMORY_BOUND);
      for (int i = 0; i < count; i++) {
        assertThat(culprit.reply()).hasSize(MIB + "$1048576\r\n\r\n".length());
      }
      assertThat(culprit.call("PING")).isEqualTo("+PONG\r\n");
    }
  }

  @Test
  void smallReplies_neverRead_stopTheirOwnClientOnly() throws IOException {
    int count = 30_000;
    int length = 2000;
    assertThat(count * length).isGreaterThan(MEMORY_BOUND);
    long before = usedMemory();
    direct.call("SET", "warm", "x".repeat(length));
    try (RespClient culprit = sidecar.connect();
        RespClient victim = sidecar.connect()) {
      sendInBackground(culprit, "GET warm\r\nSTRLEN warm\r\n".repeat(count));
      Waiting.until("the replies have begun", culprit::hasBytes);
      assertServed(victim);
      assertThat(usedMemory() - before).isLessThan(MEMORY_BOUND);
      for (int i = 0; i < count; i++) {
        assertThat(culprit.reply()).startsWith("$2000\r\n");
        assertThat(culprit.reply()).isEqualTo(":2000\r\n");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BLPOP q 0",
        "BRPOPLPUSH q r 0",
        "BLMPOP 0 1 q LEFT",
        "BZPOPMIN z 0",
        "XREAD BLOCK 0 STREAMS q $",
        "WAIT 5 0"
      })
  void blocked_delaysNobody(String command) throws IOException {
    assumeThat(redis.knows(command.substring(0, command.indexOf(' ')))).isTrue();
    try (RespClient culprit = sidecar.connect();
        RespClient victim = sidecar.connect()) {
      culprit.send(command.split(" ", -1));
      awaitBlocked(1);
      assertServed(victim);
      assertThat(culprit.hasBytes()).isFalse();
      awaitBlocked(1);
    }
    awaitBlocked(0);
  }

  @Test
  void pauseWrite_holdsWritersOnly() throws IOException {
    try (RespClient culprit = sidecar.connect();
        RespClient victim = sidecar.connect()) {
      direct.call("CLIENT", "PAUSE", "100000", "WRITE");
      culprit.send("SET", "warm", "new");
      awaitHeld("set");
      assertReads(victim);
      assertThat(culprit.hasBytes()).isFalse();
      direct.call("CLIENT", "UNPAUSE");
      assertThat(culprit.reply()).isEqualTo("+OK\r\n");
      assertThat(victim.call("GET", "warm")).contains("new");
    } finally {
      direct.call("CLIENT", "UNPAUSE");
    }
  }

  @Test
  void pauseWrite_ofAScript_holdsNoReads() throws IOException {
    try (RespClient culprit = sidecar.connect();
        RespClient victim = sidecar.connect()) {
      direct.call("CLIENT", "PAUSE", "100000", "WRITE");
      culprit.send("EVAL", "return redis.call('SET', 'warm', 'new')", "0");
      awaitHeld("eval");
      assertReads(victim);
      assertThat(culprit.hasBytes()).isFalse();
    } finally {
      direct.call("CLIENT", "UNPAUSE");
    }
  }

  @Test
  void pauseAll_holdsEverybodyAndLosesNobody() throws IOException {
    try (RespClient one = sidecar.connect();
        RespClient two = sidecar.connect()) {
      one.call("SET", "n", "1");
      direct.call("CLIENT", "PAUSE", "300", "ALL");
      one.send("INCR", "n").send("STRLEN", "n");
      two.send("BLPOP", "q", "0.01").send("PING");
      assertThat(one.reply() + one.reply()).isEqualTo(":2\r\n:1\r\n");
      assertThat(two.reply() + two.reply()).isEqualTo("*-1\r\n+PONG\r\n");
      assertServed(two);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST / HTTP/1.1\r\n\r\n", "Host: x\r\n", "*1\r\n$4\r\nPOST\r\n"})
  void closingRequest_endsItsOwnClientOnly(String request) throws IOException {
    try (RespClient culprit = sidecar.connect();
        RespClient waiting = sidecar.connect();
        RespClient victim = sidecar.connect()) {
      victim.call("SET", "warm", "1");
      waiting.send("BLPOP", "q", "0");
      awaitBlocked(1);
      victim.send("INCR", "n");
      culprit.sendRaw(request);
      assertThat(culprit.isClosed()).isTrue();
      assertThat(victim.reply()).isEqualTo(":1\r\n");
      assertServed(victim);
      direct.call("RPUSH", "q", "job");
      assertThat(waiting.reply()).contains("job");
    }
  }

  @Test
  void endlessScript_othersAreToldBusy_andItCanBeKilled() throws IOException {
    try (RespClient culprit = sidecar.connect();
        RespClient victim = sidecar.connect();
        RespClient killer = sidecar.connect()) {
      culprit.send("EVAL", "while true do end", "0");
      Waiting.until("the script is slow", () -> direct.call("PING").startsWith("-BUSY"));
      assertThat(victim.call("SET", "k", "1")).startsWith("-BUSY");
      assertThat(victim.call("GET", "never read")).startsWith("-BUSY");
      assertThat(culprit.hasBytes()).isFalse();
      assertThat(killer.call("SCRIPT", "KILL")).isEqualTo("+OK\r\n");
      assertThat(culprit.reply()).startsWith("-").contains("killed");
      assertServed(victim);
    } finally {
      direct.call("SCRIPT", "KILL");
    }
  }

  @Test
  void killedLane_endsThoseWhoWaitForItOnly() throws IOException {
    try (RespClient culprit = sidecar.connect();
        RespClient pinned = sidecar.connect();
        RespClient idle = sidecar.connect()) {
      idle.call("SET", "warm", "1");
      idle.call("GET", "warm");
      pinned.send("BLPOP", "q", "0");
      awaitBlocked(1);
      direct.call("CLIENT", "PAUSE", "100000", "WRITE");
      culprit.send("SET", "k", "1");
      String lane = awaitHeld("set");
      direct.call("CLIENT", "KILL", "ID", lane);
      assertThat(culprit.isClosed()).isTrue();
      direct.call("CLIENT", "UNPAUSE");
      assertServed(idle);
      direct.call("RPUSH", "q", "job");
      assertThat(pinned.reply()).contains("job");
    } finally {
      direct.call("CLIENT", "UNPAUSE");
    }
  }

  @Test
  void largeReplyOfAWrite_brokenOff_leavesNoFence() throws IOException {
    createLarge("big", LARGE);
    try (RespClient other = sidecar.connect()) {
      try (RespClient leaver = sidecar.connect()) {
        leaver.send("GETSET", "big", "new");
        Waiting.until("the reply has begun", leaver::hasBytes);
      }
      Waiting.until("the fence is down", () -> sidecar.metric("nearside_fences_up") == 0);
      other.call("SET", "big", "newer");
      assertThat(sidecar.metric("nearside_fences_up")).isZero();
    }
  }
}

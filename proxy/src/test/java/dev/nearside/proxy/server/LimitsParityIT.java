package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Twins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A limit of the sidecar does what the same limit of Redis does: the same bytes, and the same end
 * of the connection. The Redis behind the sidecar has the default of each.
 */
class LimitsParityIT {
  private static final int MIB = 1 << 20;
  private static final int IDLE_S = 2;

  /** Within this a busy host closes an idle client: the time-out, a second's precision, slack. */
  private static final int SLACK_S = 8;

  static Stream<RedisProgram> programs() {
    return RedisProgram.available().stream();
  }

  private static double closed(Twins twins, String reason) throws IOException {
    return twins.sidecar().metric("nearside_clients_closed_total{reason=\"" + reason + "\"}");
  }

  @ParameterizedTest
  @MethodSource("programs")
  void timeout_idleClientIsClosed_waitingAndListeningOnesStay(RedisProgram program)
      throws Exception {
    try (Twins twins =
            Twins.limited(
                program,
                List.of("--timeout", Integer.toString(IDLE_S)),
                "limits.idle-timeout=" + IDLE_S + "s");
        Pair idle = twins.connect();
        Pair fresh = twins.connect();
        Pair half = twins.connect();
        Pair transaction = twins.connect();
        Pair blocked = twins.connect();
        Pair subscriber = twins.connect();
        Pair monitor = twins.connect()) {
      idle.call("SET", "k", "v");
      half.sendRaw("*2\r\n$3\r\nGET\r\n");
      transaction.call("MULTI");
      monitor.call("MONITOR");
      subscriber.call("SUBSCRIBE", "channel");
      blocked.send("BLPOP", "queue", "0");
      for (Pair closed : List.of(idle, fresh, half, transaction)) {
        closed.assertClosed();
      }
      assertThat(closed(twins, "idle")).isEqualTo(4);
      try (Pair other = twins.connect()) {
        other.call("RPUSH", "queue", "job");
        assertThat(blocked.reply()).contains("job");
        other.call("PUBLISH", "channel", "hello");
        assertThat(subscriber.reply()).contains("hello");
      }
      subscriber.call("UNSUBSCRIBE", "channel");
      subscriber.assertClosed();
      blocked.assertClosed();
      assertThat(closed(twins, "idle")).isBetween(6.0, 7.0);
    }
  }

  @ParameterizedTest
  @MethodSource("programs")
  void timeout_clientThatSpeaks_stays(RedisProgram program) throws Exception {
    try (Twins twins = Twins.limited(program, List.of("--timeout", "1"), "limits.idle-timeout=1s");
        Pair idle = twins.connect();
        Pair busy = twins.connect()) {
      long untilNs = System.nanoTime() + 1_000_000_000L * IDLE_S;
      while (System.nanoTime() - untilNs < 0) {
        busy.call("GET", "k");
      }
      long startedNs = System.nanoTime();
      idle.assertClosed();
      assertThat(System.nanoTime() - startedNs).isLessThan(1_000_000_000L * SLACK_S);
      busy.call("GET", "k");
      assertThat(closed(twins, "idle")).isEqualTo(1);
    }
  }

  /** Sends a SET whose value is said to be {@code announced} bytes, and {@code sent} of them. */
  private static void sendSet(Pair pair, int announced, int sent) throws IOException {
    pair.sendRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + announced + "\r\n" + "x".repeat(sent));
  }

  @ParameterizedTest
  @MethodSource("programs")
  void queryBufferLimit_argumentAboveIt_closesWithoutAWord(RedisProgram program) throws Exception {
    try (Twins twins =
        Twins.limited(
            program,
            List.of("--client-query-buffer-limit", "1mb"),
            "limits.max-query-buffer=1MiB")) {
      try (Pair below = twins.connect()) {
        sendSet(below, MIB - 2, MIB - 2);
        below.sendRaw("\r\n");
        assertThat(below.reply()).isEqualTo("+OK\r\n");
        sendSet(below, 2 * MIB, MIB);
        assertThat(closed(twins, "query-buffer")).isZero();
        below.sendRaw("x");
        below.assertClosed();
      }
      Waiting.until("it is counted", () -> closed(twins, "query-buffer") == 1);
      try (Pair second = twins.connect()) {
        sendSet(second, MIB - 1, MIB - 1);
        second.sendRaw("\r\n");
        second.assertClosed();
        try (Pair other = twins.connect()) {
          assertThat(other.call("STRLEN", "k")).isEqualTo(":" + (MIB - 2) + "\r\n");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("programs")
  void queryBufferLimit_ofTheRedisBehind_closesThroughTheSidecar(RedisProgram program)
      throws Exception {
    try (RedisServer redis = RedisServer.start(program, "--client-query-buffer-limit", "1mb");
        Sidecar sidecar = Sidecar.inFrontOf(redis.port());
        RespClient client = sidecar.connect()) {
      client.sendRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2097152\r\n" + "x".repeat(MIB + 1));
      assertThat(client.isClosed()).isTrue();
      assertThat(sidecar.metric("nearside_clients_closed_total{reason=\"query-buffer\"}")).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("programs")
  void maxBulk_longerArgument_isRefusedInTheSameWords(RedisProgram program) throws Exception {
    try (Twins twins =
            Twins.limited(program, List.of("--proto-max-bulk-len", "1mb"), "limits.max-bulk=1MiB");
        Pair pair = twins.connect()) {
      sendSet(pair, MIB, MIB);
      pair.sendRaw("\r\n");
      assertThat(pair.reply()).isEqualTo("+OK\r\n");
      pair.sendRaw("*2\r\n$3\r\nGET\r\n$" + (MIB + 1) + "\r\n");
      assertThat(pair.reply()).isEqualTo("-ERR Protocol error: invalid bulk length\r\n");
      pair.assertClosed();
    }
  }

  @ParameterizedTest
  @MethodSource("programs")
  void tcpKeepalive_seconds_areTheTimerOfTheSocket(RedisProgram program) throws Exception {
    assumeThat(Path.of("/proc/net/tcp")).exists();
    try (Twins twins =
            Twins.limited(
                program, List.of("--tcp-keepalive", "5000"), "limits.tcp-keepalive=5000s");
        Pair pair = twins.connect()) {
      pair.call("PING");
      assertThat(keepAliveTimers(twins.directPort()))
          .isNotEmpty()
          .allMatch(LimitsParityIT::isFresh);
      assertThat(keepAliveTimers(twins.sidecar().port()))
          .isNotEmpty()
          .allMatch(LimitsParityIT::isFresh);
    }
  }

  @ParameterizedTest
  @MethodSource("programs")
  void tcpKeepalive_zero_setsNoTimer(RedisProgram program) throws Exception {
    assumeThat(Path.of("/proc/net/tcp")).exists();
    try (Twins twins =
            Twins.limited(program, List.of("--tcp-keepalive", "0"), "limits.tcp-keepalive=0s");
        Pair pair = twins.connect()) {
      pair.call("PING");
      assertThat(keepAliveTimers(twins.directPort())).isEmpty();
      assertThat(keepAliveTimers(twins.sidecar().port())).isEmpty();
    }
  }

  private static boolean isFresh(long seconds) {
    return seconds > 4_900 && seconds <= 5_000;
  }

  /**
   * Returns the seconds left of the keep-alive timers of connections accepted at {@code port}, as
   * the kernel shows them: {@code sl local remote st tx:rx tr:when …}, timer 2, hundredths.
   */
  private static List<Long> keepAliveTimers(int port) throws IOException {
    List<Long> timers = new ArrayList<>();
    String suffix = String.format(":%04X", port);
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      if (!Files.exists(Path.of(table))) {
        continue;
      }
      for (String line : Files.readAllLines(Path.of(table))) {
        String[] fields = line.strip().split("\\s+", -1);
        if (fields[1].endsWith(suffix) && fields[3].equals("01") && fields[5].startsWith("02:")) {
          timers.add(Long.parseLong(fields[5].substring(3), 16) / 100);
        }
      }
    }
    return timers;
  }
}

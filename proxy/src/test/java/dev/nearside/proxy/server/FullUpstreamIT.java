package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A Redis that takes no more connections goes on serving those whom it has taken. */
class FullUpstreamIT {
  private static final Pattern CONNECTED = Pattern.compile("connected_clients:(\\d+)");
  private static final int LARGE = 30_000_000;

  static List<RedisProgram> programs() {
    return RedisProgram.available();
  }

  private static void fill(RespClient admin) throws IOException {
    Matcher connected = CONNECTED.matcher(admin.call("INFO", "clients"));
    assertThat(connected.find()).isTrue();
    assertThat(admin.call("CONFIG", "SET", "maxclients", connected.group(1))).isEqualTo("+OK\r\n");
  }

  @ParameterizedTest
  @MethodSource("programs")
  void slowReader_whoseLaneCannotMakeAnother_holdsNobodyUp(RedisProgram program)
      throws IOException {
    try (RedisServer redis = RedisServer.start(program);
        RespClient admin = RespClient.connect(redis.port());
        Sidecar sidecar =
            Sidecar.inFrontOf(redis.port(), "l1.mode=off", "event-loops=1").awaitReady();
        RespClient slow = sidecar.connect();
        RespClient other = sidecar.connect()) {
      admin.call("SETRANGE", "big", Integer.toString(LARGE - 1), "x");
      assertThat(other.call("STRLEN", "big")).isEqualTo(":" + LARGE + "\r\n");
      fill(admin);
      slow.send("GETRANGE", "big", "0", "-1");
      Waiting.until("it is slow", () -> sidecar.metric("nearside_clients_slow_total") == 1);
      for (int i = 0; i < 50; i++) {
        assertThat(other.call("STRLEN", "big")).isEqualTo(":" + LARGE + "\r\n");
      }
      assertThat(slow.reply()).hasSize(LARGE + ("$" + LARGE + "\r\n\r\n").length());
      admin.call("CONFIG", "SET", "maxclients", "1000");
      Waiting.until(
          "it is tried again, after a wait", () -> slow.call("STRLEN", "none").equals(":0\r\n"));
      assertThat(other.call("STRLEN", "none")).isEqualTo(":0\r\n");
    }
  }
}

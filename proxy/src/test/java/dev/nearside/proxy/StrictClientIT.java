package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop.Side;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that asks for strict reads of its own. */
@Timeout(120)
class StrictClientIT {
  private static final int SLOW_MS = 150;
  private static final String OK = "+OK\r\n";

  private static CoherenceScene scene;

  @BeforeAll
  static void start() throws IOException {
    scene = CoherenceScene.start();
  }

  @AfterAll
  static void stop() throws IOException {
    scene.close();
  }

  /** The push of a write at Redis is late: memory is wrong meanwhile, and only one client knows. */
  @ParameterizedTest
  @ValueSource(strings = {"lane", "pinned"})
  void strictClient_seesEveryOutsideWriteAtOnce_aPlainOneDoesNot(String way) throws IOException {
    try (RespClient strict = scene.client();
        RespClient plain = scene.client()) {
      if (way.equals("pinned")) {
        strict.call("CLIENT", "GETNAME");
      }
      assertThat(strict.call("NEARSIDE.STRICT", "ON")).isEqualTo(OK);
      scene.direct.call("SET", way, "v0");
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      for (int i = 1; i <= 4; i++) {
        scene.holdAsIs(plain, way);
        scene.direct.call("SET", way, "v" + i);
        assertThat(plain.call("GET", way)).isEqualTo(bulk("v" + (i - 1)));
        boolean many = i % 2 == 0;
        assertThat(strict.call(many ? "MGET" : "GET", way))
            .isEqualTo((many ? "*1\r\n" : "") + bulk("v" + i));
      }
    } finally {
      scene.hop.delay(Side.TRACKED, 0);
    }
    scene.awaitRest();
  }

  @Test
  void strictRead_isAnsweredFromMemory_behindABarrier() throws IOException {
    try (RespClient strict = scene.client()) {
      strict.call("NEARSIDE.STRICT", "ON");
      scene.hold(strict, "held", "v");
      double before = scene.localGets();
      for (int i = 0; i < 5; i++) {
        assertThat(strict.call("GET", "held")).isEqualTo(bulk("v"));
      }
      assertThat(scene.localGets()).isEqualTo(before + 5);
      assertThat(strict.call("NEARSIDE.EXPLAIN", "held"))
          .contains("behind")
          .contains("$6\r\nstrict\r\n$10\r\nconnection\r\n");
    }
  }

  @Test
  void command_saysAndSwitches_untilReset() throws IOException {
    try (RespClient client = scene.client();
        RespClient other = scene.client()) {
      assertThat(client.call("NEARSIDE.STRICT")).isEqualTo(bulk("off"));
      assertThat(client.call("nearside.strict", "on")).isEqualTo(OK);
      assertThat(client.call("NEARSIDE.STRICT")).isEqualTo(bulk("on"));
      assertThat(other.call("NEARSIDE.STRICT")).isEqualTo(bulk("off"));
      for (String wrong : new String[] {"NEARSIDE.STRICT yes", "NEARSIDE.STRICT ON OFF"}) {
        assertThat(client.call(wrong.split(" ")))
            .isEqualTo("-ERR NEARSIDE.STRICT takes ON, OFF or nothing\r\n");
      }
      assertThat(client.call("NEARSIDE.STRICT")).isEqualTo(bulk("on"));
      assertThat(client.call("NEARSIDE.STRICT", "OFF")).isEqualTo(OK);
      assertThat(client.call("NEARSIDE.STRICT")).isEqualTo(bulk("off"));
      client.call("NEARSIDE.STRICT", "ON");
      assertThat(client.call("RESET")).isEqualTo("+RESET\r\n");
      assertThat(client.call("NEARSIDE.STRICT")).isEqualTo(bulk("off"));
    }
  }

  @Test
  void redisDown_strictClientIsToldNothingStale() throws IOException {
    try (CoherenceScene own =
            new CoherenceScene("namespaces: {page: {keys: 'page:*', stale-if-error: 1h}}\n");
        RespClient holder = own.client()) {
      own.hold(holder, "page:1", "held");
      own.redis.kill();
      Waiting.until("L1 is closed", () -> !own.shard().isOpen());
      try (RespClient plain = own.client();
          RespClient strict = own.client()) {
        strict.call("NEARSIDE.STRICT", "ON");
        assertThat(plain.call("GET", "page:1")).isEqualTo(bulk("held"));
        assertThat(strict.call("GET", "page:1")).startsWith("-TRYAGAIN upstream unavailable");
      }
    }
  }
}

package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What L1 held answers while Redis cannot be asked, where a namespace allows it, and no longer. */
@Timeout(60)
class StaleIfErrorIT {
  private static final String YAML =
      """
      namespaces:
        page:
          keys: page:{id}
          stale-if-error: 6s
      """;
  private static final String STALE = "nearside_stale_served_total{namespace=\"page\"}";

  @Test
  void redisDown_allowedNamespaceAnswers_othersDoNot_andItEnds() throws IOException {
    try (CoherenceScene scene = new CoherenceScene(YAML);
        RespClient holder = scene.client()) {
      scene.hold(holder, "page:1", "held");
      scene.hold(holder, "other", "held too");
      scene.redis.kill();
      Waiting.until("L1 is closed", () -> !scene.shard().isOpen());
      try (RespClient client = scene.client()) {
        assertThat(client.call("GET", "page:1")).isEqualTo(bulk("held"));
        assertThat(scene.sidecar.metric(STALE)).isEqualTo(1);
        assertThat(client.call("GET", "page:2")).startsWith("-TRYAGAIN upstream unavailable");
        assertThat(client.call("GET", "other")).startsWith("-TRYAGAIN upstream unavailable");
        Waiting.until(
            "its time is over",
            () -> client.call("GET", "page:1").startsWith("-TRYAGAIN upstream unavailable"));
      }
    }
  }

  @Test
  void redisHangs_allowedNamespaceAnswers() throws IOException {
    try (CoherenceScene scene =
            new CoherenceScene(
                YAML, "coherence.max-staleness=300ms", "coherence.fill-timeout=300ms");
        RespClient client = scene.client()) {
      scene.hold(client, "page:1", "held");
      scene.redis.pause();
      try {
        Waiting.until(
            "it is served stale",
            () -> {
              assertThat(client.call("GET", "page:1")).isEqualTo(bulk("held"));
              return scene.sidecar.metric(STALE) > 0;
            });
      } finally {
        scene.redis.resume();
      }
    }
  }

  @Test
  void expiry_holdsWhileRedisIsDown() throws IOException {
    try (CoherenceScene scene = new CoherenceScene(YAML.replace("6s", "1h"));
        RespClient holder = scene.client()) {
      scene.direct.call("SET", "page:1", "short", "PX", "1500");
      scene.holdAsIs(holder, "page:1");
      long before = System.nanoTime();
      scene.redis.kill();
      Waiting.until("L1 is closed", () -> !scene.shard().isOpen());
      try (RespClient client = scene.client()) {
        Waiting.until(
            "it has expired",
            () -> {
              boolean late = System.nanoTime() - before > 1_500_000_000L;
              String reply = client.call("GET", "page:1");
              assertThat(late && reply.equals(bulk("short"))).isFalse();
              return reply.startsWith("-TRYAGAIN");
            });
      }
    }
  }

  @Test
  void ownWrite_whileRedisIsDown_isNotFollowedByWhatItWouldHaveReplaced() throws IOException {
    try (CoherenceScene scene = new CoherenceScene(YAML);
        RespClient holder = scene.client()) {
      scene.hold(holder, "page:1", "held");
      scene.redis.kill();
      Waiting.until("L1 is closed", () -> !scene.shard().isOpen());
      try (RespClient client = scene.client()) {
        assertThat(client.call("GET", "page:1")).isEqualTo(bulk("held"));
        assertThat(client.call("SET", "page:1", "mine")).startsWith("-TRYAGAIN");
        assertThat(client.call("GET", "page:1")).startsWith("-TRYAGAIN");
      }
    }
  }

  @Test
  void connectionLostButRedisThere_redisIsAsked() throws IOException {
    try (CoherenceScene scene = new CoherenceScene(YAML);
        RespClient client = scene.client()) {
      scene.hold(client, "page:1", "held");
      scene.direct.call("ACL", "SETUSER", "default", "-client|tracking");
      scene.hop.cut(dev.nearside.proxy.scene.DelayingHop.Side.TRACKED);
      Waiting.until("L1 is closed", () -> !scene.shard().isOpen());
      scene.direct.call("SET", "page:1", "newer");
      assertThat(client.call("GET", "page:1")).isEqualTo(bulk("newer"));
      assertThat(scene.sidecar.metric(STALE)).isZero();
    }
  }
}

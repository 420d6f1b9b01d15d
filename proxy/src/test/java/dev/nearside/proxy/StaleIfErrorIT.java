package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
  private static final String[] NOTICED_SOON = {
    "coherence.max-staleness=300ms", "coherence.fill-timeout=300ms"
  };
  private static final String MARKED = "\r\nstale-if-error-ms\r\n:[0-9]+\r\n";
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
        assertThat(client.call("NEARSIDE.EXPLAIN", "page:1")).containsPattern(MARKED);
        assertThat(client.call("NEARSIDE.EXPLAIN", "page:2")).doesNotContainPattern(MARKED);
        assertThat(client.call("NEARSIDE.EXPLAIN", "other")).doesNotContainPattern(MARKED);
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
    try (CoherenceScene scene = new CoherenceScene(YAML, NOTICED_SOON);
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

  @Test
  void whatIsRefusedMeanwhile_takesNothingAway() throws IOException {
    try (CoherenceScene scene = new CoherenceScene(YAML.replace("6s", "1h"));
        RespClient holder = scene.client()) {
      scene.hold(holder, "page:1", "held");
      scene.redis.kill();
      Waiting.until("L1 is closed", () -> !scene.shard().isOpen());
      try (RespClient client = scene.client()) {
        assertThat(client.call("EVAL", "return 1", "0")).startsWith("-TRYAGAIN");
        assertThat(client.call("GET", "page:1")).isEqualTo(bulk("held"));
      }
    }
  }

  @Test
  void opaqueWrite_acknowledgedWithoutItsPush_isNotFollowedByWhatItReplaced() throws IOException {
    try (CoherenceScene scene = new CoherenceScene(YAML.replace("6s", "1h"));
        RespClient holder = scene.client();
        RespClient writer = scene.client()) {
      scene.hold(holder, "page:1", "held");
      scene.hop.stallTracked(true);
      writer.send("EVAL", "return redis.call('SET', 'page:' .. 1, 'mine')", "0");
      Waiting.until(
          "it is executed", () -> scene.direct.call("GET", "page:1").equals(bulk("mine")));
      scene.redis.kill();
      assertThat(writer.reply()).isEqualTo("+OK\r\n");
      try (RespClient client = scene.client()) {
        assertThat(client.call("GET", "page:1")).startsWith("-TRYAGAIN");
      }
    }
  }

  @Test
  void ownUserDeleted_nothingIsServed() throws IOException {
    try (CoherenceScene scene =
            new CoherenceScene(
                YAML.replace("6s", "1h"), "upstream.user=side", "upstream.password=pw");
        RespClient client = scene.client()) {
      scene.hold(client, "page:1", "secret");
      scene.direct.call("ACL", "DELUSER", "side");
      Waiting.until(
          "it is not served",
          () -> {
            try (RespClient next = scene.client()) {
              return next.call("GET", "page:1").startsWith("-");
            }
          });
      try (RespClient next = scene.client()) {
        assertThat(next.call("GET", "page:1")).startsWith("-");
      }
    }
  }

  @Test
  void redisHangsAndThenDies_whatWasBeingAskedForIsServedAllTheSame() throws IOException {
    try (CoherenceScene scene = new CoherenceScene(YAML.replace("6s", "1h"), NOTICED_SOON);
        RespClient client = scene.client()) {
      scene.hold(client, "page:1", "held");
      scene.redis.pause();
      Waiting.until(
          "it is served stale",
          () -> {
            assertThat(client.call("GET", "page:1")).isEqualTo(bulk("held"));
            return scene.sidecar.metric(STALE) > 0;
          });
      scene.redis.kill();
      Waiting.until("L1 is closed", () -> !scene.shard().isOpen());
      try (RespClient next = scene.client()) {
        for (int i = 0; i < 3; i++) {
          assertThat(next.call("GET", "page:1")).isEqualTo(bulk("held"));
        }
      }
    }
  }

  @Test
  void redisHangs_readersThatShareARead_doNotWaitForOneAfterTheOther() throws IOException {
    try (CoherenceScene scene =
        new CoherenceScene(YAML, "coherence.max-staleness=300ms", "coherence.fill-timeout=500ms")) {
      List<RespClient> clients = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        clients.add(scene.client());
      }
      scene.hold(clients.getFirst(), "page:1", "held");
      scene.redis.pause();
      Waiting.until("L1 is stale", () -> scene.shard().isStale(System.nanoTime()));
      long sentNs = System.nanoTime();
      for (RespClient client : clients) {
        client.send("GET", "page:1");
      }
      for (RespClient client : clients) {
        assertThat(client.reply()).isEqualTo(bulk("held"));
      }
      assertThat(System.nanoTime() - sentNs).isLessThan(2_000_000_000L); // one by one: 6 s
      for (RespClient client : clients) {
        client.close();
      }
      scene.redis.resume();
    }
  }

  @Test
  void redisHangs_readAskedAsStrict_isNotAnsweredFromMemory() throws IOException {
    try (CoherenceScene scene = new CoherenceScene(YAML, NOTICED_SOON);
        RespClient client = scene.client()) {
      scene.hold(client, "page:1", "held");
      scene.redis.pause();
      try {
        Waiting.until("L1 is stale", () -> scene.shard().isStale(System.nanoTime()));
        client.sendRaw("NEARSIDE.STRICT ON\r\nGET page:1\r\nNEARSIDE.STRICT OFF\r\nGET page:1\r\n");
        assertThat(client.reply()).isEqualTo("+OK\r\n");
        assertThat(client.reply()).startsWith("-TRYAGAIN");
        assertThat(client.reply()).isEqualTo("+OK\r\n");
        assertThat(client.reply()).isEqualTo(bulk("held"));
      } finally {
        scene.redis.resume();
      }
    }
  }

  @Test
  void shadowMode_servesNothing() throws IOException {
    try (CoherenceScene scene = new CoherenceScene(YAML);
        RespClient holder = scene.client()) {
      scene.hold(holder, "page:1", "held");
      assertThat(holder.call("NEARSIDE.L1", "SHADOW")).isEqualTo("+OK\r\n");
      scene.redis.kill();
      Waiting.until("L1 is closed", () -> !scene.shard().isOpen());
      try (RespClient client = scene.client()) {
        assertThat(client.call("GET", "page:1")).startsWith("-TRYAGAIN");
        assertThat(client.call("NEARSIDE.L1", "ON")).isEqualTo("+OK\r\n");
        assertThat(client.call("GET", "page:1")).startsWith("-TRYAGAIN");
      }
    }
  }
}

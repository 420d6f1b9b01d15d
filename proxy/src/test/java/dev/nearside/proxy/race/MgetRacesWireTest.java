package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static dev.nearside.proxy.scene.DirectedUpstream.invalidation;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.Insight;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * MGET whose thread is stopped between two of its look-ups. What stops it is the audit, which is
 * asked by the reading thread with each look-up that finds something, one in a millisecond.
 */
@Timeout(60)
class MgetRacesWireTest {
  private static final String[] SETTINGS = {"event-loops=2", "coherence.audit-interval=1ms"};

  @Test
  void keysChangedBetweenTwoLookUps_areNoSnapshot() throws Exception {
    try (RaceScene scene = RaceScene.start(SETTINGS);
        RespClient client = scene.client();
        RespClient other = scene.client()) {
      scene.hold(other, "a", "old");
      scene.hold(other, "b", "old");
      assertThat(client.call("MGET", "a", "b")).isEqualTo(both("old", "old"));
      Stop stop = Stop.between(scene, client, "a", "b");
      scene.upstream.tracked().push(invalidation("a", "b"));
      scene.awaitPushed(2);
      scene.hold(other, "b", "new");
      stop.goOn();
      assertThat(isLocal(scene, client)).isFalse();
      scene.upstream.await(Role.RELAY, "MGET", "a", "b").reply(both("new", "new"));
      assertThat(client.reply()).isEqualTo(both("new", "new"));
    }
  }

  @Test
  void nothingChangedBetweenTwoLookUps_isASnapshot() throws Exception {
    try (RaceScene scene = RaceScene.start(SETTINGS);
        RespClient client = scene.client();
        RespClient other = scene.client()) {
      scene.hold(other, "a", "old");
      scene.hold(other, "b", "old");
      Stop stop = Stop.between(scene, client, "a", "b");
      scene.readsLocally(other, "b", bulk("old"));
      stop.goOn();
      assertThat(client.reply()).isEqualTo(both("old", "old"));
    }
  }

  private static String both(String a, String b) {
    return "*2\r\n" + bulk(a) + bulk(b);
  }

  private static boolean isLocal(RaceScene scene, RespClient client) {
    Waiting.until(
        "it went one way or the other",
        () -> client.hasBytes() || scene.upstream.has(Role.RELAY, "MGET", "a", "b"));
    return !scene.upstream.has(Role.RELAY, "MGET", "a", "b");
  }

  /** Where a thread stands that has looked up the first of two keys. */
  private static final class Stop {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    /** Has {@code client} ask for both, and returns once its thread stands between them. */
    static Stop between(RaceScene scene, RespClient client, String first, String second)
        throws IOException {
      Stop stop = new Stop();
      Insight.onAudit(
          scene.sidecar.proxy(),
          name -> {
            if (name.equals(first)) {
              stop.reached.countDown();
              await(stop.goOn);
            }
          });
      while (stop.reached.getCount() > 0) { // the audit may not be due yet
        client.send("MGET", first, second);
        Waiting.until(
            "it stands, or is done", () -> stop.reached.getCount() == 0 || client.hasBytes());
        if (client.hasBytes()) {
          client.reply();
        }
      }
      return stop;
    }

    void goOn() {
      goOn.countDown();
    }

    private static void await(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }
}

package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static dev.nearside.proxy.scene.DirectedUpstream.invalidation;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.Insight;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
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
        RespClient one = scene.client();
        RespClient other = scene.client()) {
      scene.hold(one, "a", "old");
      scene.hold(one, "b", "old");
      RespClient client = apart(scene, one, other);
      assertThat(client.call("MGET", "a", "b")).isEqualTo(both("old", "old"));
      try (Stop _ = Stop.between(scene, client, "a", "b")) {
        scene.upstream.tracked().push(invalidation("a", "b"));
        scene.awaitPushed(2);
        scene.hold(client.equals(one) ? other : one, "b", "new");
      }
      assertThat(isLocal(scene, client)).isFalse();
      scene.upstream.await(Role.RELAY, "MGET", "a", "b").reply(both("new", "new"));
      assertThat(client.reply()).isEqualTo(both("new", "new"));
    }
  }

  @Test
  void nothingChangedBetweenTwoLookUps_isASnapshot() throws Exception {
    try (RaceScene scene = RaceScene.start(SETTINGS);
        RespClient one = scene.client();
        RespClient other = scene.client()) {
      scene.hold(one, "a", "old");
      scene.hold(one, "b", "old");
      RespClient client = apart(scene, one, other);
      try (Stop _ = Stop.between(scene, client, "a", "b")) {
        scene.readsLocally(client.equals(one) ? other : one, "b", bulk("old"));
      }
      assertThat(client.reply()).isEqualTo(both("old", "old"));
    }
  }

  private static String both(String a, String b) {
    return "*2\r\n" + bulk(a) + bulk(b);
  }

  /**
   * Returns the one of two clients on different loops whose thread may be stopped without stopping
   * the tracked connection. Both find {@code a} in L1.
   */
  private static RespClient apart(RaceScene scene, RespClient one, RespClient other)
      throws IOException {
    Thread tracked = Insight.trackedThread(scene.sidecar.proxy());
    return threadOf(scene, one).equals(tracked) ? other : one;
  }

  private static Thread threadOf(RaceScene scene, RespClient client) throws IOException {
    CompletableFuture<Thread> reading = new CompletableFuture<>();
    Insight.onAudit(scene.sidecar.proxy(), name -> reading.complete(Thread.currentThread()));
    while (!reading.isDone()) { // the audit may not be due yet
      client.call("GET", "a");
    }
    return reading.join();
  }

  private static boolean isLocal(RaceScene scene, RespClient client) {
    Waiting.until(
        "it went one way or the other",
        () -> client.hasBytes() || scene.upstream.has(Role.RELAY, "MGET", "a", "b"));
    return !scene.upstream.has(Role.RELAY, "MGET", "a", "b");
  }

  /** Where a thread stands that has looked up the first of two keys. */
  private static final class Stop implements AutoCloseable {
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

    @Override
    public void close() {
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

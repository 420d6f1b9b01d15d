package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static dev.nearside.proxy.scene.DirectedUpstream.invalidation;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.race.RaceScene.Flight;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is left of L1 when the tracked connection ends, and what the next one has to show. */
@Timeout(60)
class GenerationRacesWireTest {
  private static final String GENERATION = "nearside_generation";
  private static final String OPEN = "nearside_l1_open";

  @Test
  void connectionDiesBetweenReplyAndPublish_theReadIsAskedAgain() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      Flight flight = scene.fly(client, "k");
      flight.get().reply(bulk("old"));
      flight.get().wire().cut();
      scene.upstream.await(Role.RELAY, "GET", "k").reply(bulk("new"));
      assertThat(client.reply()).isEqualTo(bulk("new"));
      scene.awaitMetric(GENERATION, 2);
      scene.hold(client, "k", "new");
      scene.awaitRest();
    }
  }

  @Test
  void connectionDiesWhileKeysFly_noneOfThemIsLeft() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client();
        RespClient killed = scene.client()) {
      scene.fly(client, "one");
      Flight flight = scene.fly(killed, "other");
      killed.kill();
      scene.awaitMetric("nearside_clients", 2);
      scene.upstream.refuseTracking(true); // the next generation would sweep up
      flight.get().wire().cut();
      scene.upstream.await(Role.RELAY, "GET", "one").reply(bulk("new"));
      assertThat(client.reply()).isEqualTo(bulk("new"));
      scene.awaitRest();
    }
  }

  @Test
  void connectionDiesJustAfterTheReplies_nothingOfItOutlivesIt() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      Flight flight = scene.fly(client, "k");
      flight.land("old");
      flight.get().wire().cut();
      assertThat(client.reply()).isEqualTo(bulk("old"));
      scene.awaitMetric(GENERATION, 2);
      scene.hold(client, "k", "new");
    }
  }

  @Test
  void reconnectWithTrackingRefused_keepsL1Closed() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      scene.upstream.refuseTracking(true);
      scene.upstream.tracked().cut();
      Waiting.until("it has been refused twice", () -> scene.upstream.generations() >= 3);
      scene.isRelayed(client, "k", "new");
      scene.isRelayed(client, "k", "newer");
      assertThat(scene.sidecar.metric(OPEN)).isZero();
      assertThat(scene.sidecar.get("/readyz").body()).contains("NOPERM");
      scene.upstream.refuseTracking(false);
      scene.awaitMetric(GENERATION, 2);
      scene.hold(client, "k", "newest");
    }
  }

  @Test
  void reconnectToAnotherNode_opensOnlyWhereTheLanesAre() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      client.send("STRLEN", "k");
      scene.upstream.await(Role.RELAY, "STRLEN", "k").reply(":3\r\n"); // a lane is open now
      assertThat(client.reply()).isEqualTo(":3\r\n");
      scene.upstream.lead(Role.TRACKED, "b");
      scene.upstream.tracked().cut();
      Waiting.until("it has been there twice", () -> scene.upstream.generations() >= 3);
      scene.isRelayed(client, "k", "new");
      assertThat(scene.sidecar.metric(OPEN)).isZero();
      scene.upstream.lead(Role.TRACKED, "a");
      scene.awaitMetric(GENERATION, 2);
      scene.hold(client, "k", "new");
    }
  }

  @Test
  void laneReachesAnotherNode_closesL1UntilBothAreOne() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      scene.upstream.lead(Role.RELAY, "b");
      client.send("STRLEN", "k");
      scene.upstream.await(Role.RELAY, "STRLEN", "k").reply(":3\r\n");
      assertThat(client.reply()).isEqualTo(":3\r\n");
      scene.isRelayed(client, "k", "there");
      assertThat(scene.sidecar.metric(OPEN)).isZero();
      scene.upstream.lead(Role.TRACKED, "b");
      scene.awaitMetric(GENERATION, 2);
      scene.hold(client, "k", "there");
    }
  }

  @Test
  void trackedConnectionUnanswered_isGivenUpWithAllThatItHeld() throws IOException {
    try (RaceScene scene =
            RaceScene.start("coherence.fill-timeout=200ms", "coherence.heartbeat=50ms");
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      scene.upstream.holdPings(true);
      Waiting.until("another is made", () -> scene.upstream.generations() >= 2);
      scene.upstream.answerPings();
      Waiting.until("L1 is open again", () -> scene.sidecar.metric(OPEN) == 1);
      scene.hold(client, "k", "new");
    }
  }

  @Test
  void clientThatStopsReading_doesNotStopTheTrackedConnection() throws IOException {
    String push = invalidation("nobody's".repeat(25_000));
    String big = bulk("x".repeat(1_000_000));
    try (RaceScene scene = RaceScene.start();
        RespClient slow = scene.client();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      for (int i = 0; i < 8; i++) {
        slow.send("GETRANGE", "big", "0", "-1");
      }
      for (int i = 0; i < 8; i++) {
        scene.upstream.await(Role.RELAY, "GETRANGE", "big", "0", "-1").reply(big);
      }
      for (int i = 0; i < 100; i++) {
        scene.upstream.tracked().push(push); // together more than sockets take in
      }
      scene.hold(client, "other", "new");
      scene.readsLocally(client, "k", bulk("old"));
    }
  }
}

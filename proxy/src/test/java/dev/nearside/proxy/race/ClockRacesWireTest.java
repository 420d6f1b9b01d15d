package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where nothing tells L1 that it is behind but the time. */
@Timeout(60)
class ClockRacesWireTest {
  private static final Duration BOUND = Duration.ofSeconds(2);

  /** Whatever was answered was asked before {@code since}, and so L1 is no newer than that. */
  @Test
  void upstreamStoppedLongerThanMaxStaleness_isNotServedFromMemory() throws IOException {
    try (RaceScene scene =
            RaceScene.start(
                "coherence.max-staleness=" + BOUND.toSeconds() + "s", "coherence.heartbeat=100ms");
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      scene.upstream.holdPings(true);
      long since = System.nanoTime();
      assertThat(scene.isLocal(client, "k")).isTrue();
      readsLocallyFor(scene, client, since);
      scene.upstream.await(Role.RELAY, "GET", "k").reply(bulk("new"));
      assertThat(client.reply()).isEqualTo(bulk("new"));
      scene.upstream.answerPings();
      Waiting.until(
          "L1 is up to date",
          () -> scene.sidecar.metric("nearside_staleness_seconds") < BOUND.toSeconds() / 2.0);
      scene.hold(client, "k", "new");
    }
  }

  /** No push tells of it, so nothing but the cap on an entry's life bounds what it leaves. */
  @Test
  void swapdbByOthers_isSeenWhenTheEntriesLifeEnds() throws IOException {
    try (RaceScene scene = RaceScene.start("l1.max-ttl=" + BOUND.toSeconds() + "s");
        RespClient client = scene.client()) {
      RaceScene.Flight flight = scene.fly(client, "k");
      long since = System.nanoTime();
      flight.land("old");
      assertThat(client.reply()).isEqualTo(bulk("old"));
      readsLocallyFor(scene, client, since);
      scene.flight("k").land("of the other");
      assertThat(client.reply()).isEqualTo(bulk("of the other"));
    }
  }

  /** Reads until L1 does not answer, and shows that it never did later than allowed. */
  private static void readsLocallyFor(RaceScene scene, RespClient client, long since)
      throws IOException {
    long asked = System.nanoTime();
    while (scene.isLocal(client, "k")) {
      assertThat(Duration.ofNanos(asked - since)).isLessThanOrEqualTo(BOUND);
      asked = System.nanoTime();
    }
  }
}

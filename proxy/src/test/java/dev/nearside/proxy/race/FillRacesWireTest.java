package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.ALL_INVALID;
import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static dev.nearside.proxy.scene.DirectedUpstream.invalidation;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.race.RaceScene.Flight;
import dev.nearside.proxy.scene.DirectedUpstream.Exchange;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens to a key at the upstream while it is being filled, or just after. */
@Timeout(60)
class FillRacesWireTest {
  private static final String NONE = "$-1\r\n";
  private static final String NO_EXPIRY = ":-1\r\n";
  private static final String NO_SUCH_KEY = ":-2\r\n";
  private static final String KILLED = "nearside_fills_total{result=\"killed\"}";

  @Test
  void missWhileAWriteLandsElsewhere_isHeldNoLongerThanToItsPush() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.fly(client, "k").land(bulk("old"), NO_EXPIRY + invalidation("k"));
      assertThat(client.reply()).isEqualTo(bulk("old"));
      scene.awaitPushed(1);
      scene.hold(client, "k", "new");
    }
  }

  @Test
  void pushBetweenGetAndPttl_killsTheFlight() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      Flight flight = scene.fly(client, "k");
      flight.get().reply(bulk("old"));
      flight.get().wire().push(invalidation("k"));
      flight.pttl().reply(NO_EXPIRY);
      assertThat(client.reply()).isEqualTo(bulk("old"));
      scene.awaitMetric(KILLED, 1);
      scene.hold(client, "k", "new");
    }
  }

  @Test
  void expiryBetweenGetAndPttl_isNotHeld() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.fly(client, "k").land(bulk("gone by now"), NO_SUCH_KEY);
      assertThat(client.reply()).isEqualTo(bulk("gone by now"));
      scene.fly(client, "k").land("_\r\n", NO_SUCH_KEY);
      assertThat(client.reply()).isEqualTo(NONE);
      scene.readsLocally(client, "k", NONE);
    }
  }

  @Test
  void creationBetweenGetAndPttl_isNotHeldAsAbsent() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.fly(client, "k").land("_\r\n", NO_EXPIRY);
      assertThat(client.reply()).isEqualTo(NONE);
      scene.hold(client, "k", "new");
    }
  }

  @Test
  void nilCached_thenCreated_isSeen() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.fly(client, "k").land("_\r\n", NO_SUCH_KEY);
      assertThat(client.reply()).isEqualTo(NONE);
      scene.readsLocally(client, "k", NONE);
      scene.upstream.tracked().push(invalidation("k"));
      scene.awaitPushed(1);
      scene.hold(client, "k", "new");
    }
  }

  @Test
  void flushallElsewhere_duringAFill_killsTheFlight() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      Flight flight = scene.fly(client, "k");
      flight.get().reply(bulk("old"));
      flight.get().wire().push(ALL_INVALID);
      flight.pttl().reply(NO_EXPIRY);
      assertThat(client.reply()).isEqualTo(bulk("old"));
      scene.hold(client, "k", "new");
    }
  }

  @Test
  void flushallThroughTheSidecar_duringAFill_killsTheFlightAndClosesL1Meanwhile()
      throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client();
        RespClient flusher = scene.client()) {
      Flight flight = scene.fly(client, "k");
      flusher.send("FLUSHALL");
      Exchange flush = scene.upstream.await(Role.RELAY, "FLUSHALL");
      flight.land("old");
      assertThat(client.reply()).isEqualTo(bulk("old"));
      scene.isRelayed(client, "k", "old");
      flush.reply("+OK\r\n");
      assertThat(flusher.reply()).isEqualTo("+OK\r\n");
      scene.hold(client, "k", "new");
      scene.awaitRest();
    }
  }

  @Test
  void nullPush_takesEverything() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "a", "old");
      scene.hold(client, "b", "old");
      scene.upstream.tracked().push(ALL_INVALID);
      scene.awaitMetric("nearside_invalidations_total{cause=\"flush\"}", 1);
      scene.hold(client, "a", "new");
      scene.hold(client, "b", "new");
    }
  }

  @Test
  void trackingTableEvictionStorm_takesWhatIsHeldAndWhatFlies() throws IOException {
    List<String> held = IntStream.range(0, 100).mapToObj(i -> "held" + i).toList();
    List<String> flying = IntStream.range(0, 20).mapToObj(i -> "flying" + i).toList();
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      for (String key : held) {
        scene.readsUpstream(client, key, "old");
      }
      List<Flight> flights = new ArrayList<>();
      for (String key : flying) {
        flights.add(scene.fly(client, key));
      }
      flights.getFirst().get().wire().push(storm(held, flying));
      for (Flight flight : flights) {
        flight.land("old");
        assertThat(client.reply()).isEqualTo(bulk("old"));
      }
      for (String key : List.of("held0", "held50", "held51", "held99", "flying0", "flying19")) {
        scene.hold(client, key, "new");
      }
      scene.awaitMetric("nearside_l1_entries", 6);
    }
  }

  /** One push for each key as they are evicted, and one that names the rest together. */
  private static String storm(List<String> one, List<String> other) {
    StringBuilder pushes = new StringBuilder();
    one.stream().limit(50).forEach(key -> pushes.append(invalidation(key)));
    pushes.append(invalidation(one.subList(50, one.size()).toArray(new String[0])));
    other.forEach(key -> pushes.append(invalidation(key, "never held")));
    return pushes.toString();
  }

  @Test
  void twoEventLoopsOnOneKey_shareOneFlightAndLoseItTogether() throws IOException {
    try (RaceScene scene = RaceScene.start("event-loops=2");
        RespClient one = scene.client();
        RespClient other = scene.client()) {
      assertOnDifferentLoops(scene, one, other);
      Flight flight = scene.fly(one, "k");
      other.send("GET", "k");
      scene.awaitMetric("nearside_fills_joined_total", 1);
      flight.get().reply(bulk("old"));
      flight.get().wire().push(invalidation("k"));
      flight.pttl().reply(NO_EXPIRY);
      assertThat(one.reply()).isEqualTo(bulk("old"));
      assertThat(other.reply()).isEqualTo(bulk("old"));
      assertThat(scene.upstream.count(Role.TRACKED, "GET", "k")).isEqualTo(1);
      scene.hold(one, "k", "new");
      scene.readsLocally(other, "k", bulk("new"));
    }
  }

  @Test
  void twoEventLoopsOnOneKey_writeOnOneIsFencedOnTheOther() throws IOException {
    try (RaceScene scene = RaceScene.start("event-loops=2");
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      assertOnDifferentLoops(scene, writer, reader);
      scene.hold(reader, "k", "old");
      writer.send("SET", "k", "new");
      Exchange set = scene.upstream.await(Role.RELAY, "SET", "k", "new");
      scene.isRelayed(reader, "k", "old");
      set.reply("+OK\r\n");
      assertThat(writer.reply()).isEqualTo("+OK\r\n");
      scene.hold(reader, "k", "new");
      scene.awaitRest();
    }
  }

  /** Each loop has lanes of its own. */
  private static void assertOnDifferentLoops(RaceScene scene, RespClient one, RespClient other)
      throws IOException {
    List<Exchange> probes = new ArrayList<>();
    for (RespClient client : List.of(one, other)) {
      client.send("STRLEN", "probe");
      Exchange probe = scene.upstream.await(Role.RELAY, "STRLEN", "probe");
      probe.reply(":0\r\n");
      assertThat(client.reply()).isEqualTo(":0\r\n");
      probes.add(probe);
    }
    assertThat(probes.getFirst().wire()).isNotSameAs(probes.getLast().wire());
  }
}

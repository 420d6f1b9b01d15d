package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.AtRest;
import dev.nearside.proxy.scene.DirectedUpstream;
import dev.nearside.proxy.scene.DirectedUpstream.Exchange;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A sidecar of one event loop in front of a {@link DirectedUpstream}. Nothing happens by itself: no
 * heartbeat falls due, nothing is overdue, each key is held from its first read on. So a read that
 * is answered although the test has answered nothing was local.
 */
final class RaceScene implements AutoCloseable {
  private static final List<String> NOTHING_BY_ITSELF =
      List.of(
          "event-loops=1",
          "l1.admission-window=0s",
          "l1.early-refresh=false",
          "l1.skip-churning=false",
          "upstream.retry-reads-for=0s",
          "grace-period=100ms",
          "upstream.connect-timeout=1h", // Lettuce's bound on every command, too
          "coherence.max-staleness=2h",
          "coherence.permission-ttl=3h",
          "coherence.heartbeat=1h",
          "coherence.audit-interval=0s",
          "coherence.fill-timeout=1h");

  /** GET and PTTL of one key, both received and unanswered. */
  record Flight(Exchange get, Exchange pttl) {
    /** Answers both as for a value without expiry. */
    void land(String value) throws IOException {
      land(bulk(value), ":-1\r\n");
    }

    /** Answers both with raw replies. */
    void land(String toGet, String toPttl) throws IOException {
      get.reply(toGet);
      pttl.reply(toPttl);
    }
  }

  final DirectedUpstream upstream;
  final Sidecar sidecar;
  private final RespClient witness;

  private RaceScene(String yaml, String... settings) throws IOException {
    List<String> all = new ArrayList<>(NOTHING_BY_ITSELF);
    all.addAll(List.of(settings));
    upstream = DirectedUpstream.start();
    sidecar = Sidecar.configured(yaml, upstream.port(), all.toArray(new String[0])).awaitReady();
    witness = sidecar.connect();
  }

  /** Starts it and returns once L1 is open. */
  static RaceScene start(String... settings) throws IOException {
    return new RaceScene("l1: {}\n", settings);
  }

  /** Starts it with a configuration file of this text, and returns once L1 is open. */
  static RaceScene configured(String yaml, String... settings) throws IOException {
    return new RaceScene(yaml, settings);
  }

  /** Starts it and has tracking refused: L1 is closed, and stays so. */
  static RaceScene closed() throws IOException {
    RaceScene scene = start();
    scene.closeL1();
    return scene;
  }

  /** Has tracking refused: L1 is closed, and stays so. */
  void closeL1() throws IOException {
    upstream.refuseTracking(true);
    upstream.tracked().cut();
    awaitMetric("nearside_l1_open", 0);
  }

  RespClient client() throws IOException {
    return sidecar.connect();
  }

  /** Has {@code client} ask for {@code key}, and waits for the flight of it. */
  Flight fly(RespClient client, String key) throws IOException {
    client.send("GET", key);
    return flight(key);
  }

  /** Waits for the flight of {@code key}. */
  Flight flight(String key) {
    return new Flight(
        upstream.await(Role.TRACKED, "GET", key), upstream.await(Role.TRACKED, "PTTL", key));
  }

  /** Has {@code client} read {@code key} by a flight, and shows that L1 answers it then. */
  void hold(RespClient client, String key, String value) throws IOException {
    readsUpstream(client, key, value);
    readsLocally(client, key, bulk(value));
  }

  /** As {@link #hold}, where a key is held from its second request on, and read in order before. */
  void holdAtSecond(RespClient client, String key, String value) throws IOException {
    client.send("GET", key);
    upstream.await(Role.TRACKED, "GETEX", key).reply(bulk(value));
    assertThat(client.reply()).isEqualTo(bulk(value));
    hold(client, key, value);
  }

  /** Shows that {@code client} reads {@code key} by a flight. */
  void readsUpstream(RespClient client, String key, String value) throws IOException {
    fly(client, key).land(value);
    assertThat(client.reply()).isEqualTo(bulk(value));
  }

  /** Shows that L1 answers {@code client}. */
  void readsLocally(RespClient client, String key, String reply) throws IOException {
    assertThat(client.call("GET", key)).isEqualTo(reply);
  }

  /** Shows that {@code client} is sent to the upstream itself, neither to L1 nor to a flight. */
  void isRelayed(RespClient client, String key, String value) throws IOException {
    client.send("GET", key);
    upstream.await(Role.RELAY, "GET", key).reply(bulk(value));
    assertThat(client.reply()).isEqualTo(bulk(value));
    assertThat(upstream.has(Role.TRACKED, "GET", key)).isFalse();
  }

  /** Asks, and returns whether L1 answered; else the request waits at the upstream. */
  boolean isLocal(RespClient client, String key) throws IOException {
    client.send("GET", key);
    Waiting.until(
        "the read went one way or the other",
        () ->
            client.hasBytes()
                || upstream.has(Role.RELAY, "GET", key)
                || upstream.has(Role.TRACKED, "GET", key));
    boolean local = client.hasBytes();
    if (local) {
      client.reply();
    }
    return local;
  }

  /** Answers a read that waits, in a flight or not, and what is asked instead, with an error. */
  void refuseRead(String key, String error) throws IOException {
    if (upstream.has(Role.TRACKED, "GET", key)) {
      flight(key).land(error, error);
    }
    upstream.await(Role.RELAY, "GET", key).reply(error);
  }

  /**
   * Shows that {@code client} has been sent nothing, although the event loop has worked off all
   * that the upstream was seen to cause before.
   */
  void owes(RespClient client) throws IOException {
    assertThat(witness.call("NEARSIDE.L1")).isEqualTo(bulk("on"));
    assertThat(client.hasBytes()).isFalse();
  }

  /**
   * Waits until the one event loop has worked off all that clients have sent, and the upstream has
   * received the reads that go there for it.
   */
  void settle() throws IOException {
    for (int i = 0; i < 2; i++) { // the first may have come together with what was sent last
      try (RespClient last = client()) {
        last.send("STRLEN", "last"); // by the lane of reads, behind them
        upstream.await(Role.RELAY, "STRLEN", "last").reply(":0\r\n");
      }
    }
  }

  /** Waits until pushes have taken {@code count} entries or flights away, since the start. */
  void awaitPushed(int count) {
    awaitMetric("nearside_invalidations_total{cause=\"push\"}", count);
  }

  void awaitMetric(String series, double value) {
    Waiting.until(series + " is " + value, () -> sidecar.metric(series) == value);
  }

  /** Waits until nothing of the mechanisms is left standing. */
  void awaitRest() {
    AtRest.await(sidecar.proxy());
  }

  @Override
  public void close() throws IOException {
    witness.close();
    sidecar.close();
    upstream.close();
  }
}

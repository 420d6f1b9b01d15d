package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static dev.nearside.proxy.scene.DirectedUpstream.invalidation;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DirectedUpstream;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SidecarProcess;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A sidecar whose whole process stands still while the upstream goes on. */
@Timeout(120)
class PauseRacesIT {
  private static final long BOUND_NS = TimeUnit.SECONDS.toNanos(2);

  @Test
  void jvmPausedLongerThanMaxStaleness_servesNothingFromBeforeIt() throws Exception {
    try (DirectedUpstream upstream = DirectedUpstream.start();
        SidecarProcess sidecar =
            run(upstream, "coherence.max-staleness=2s", "coherence.heartbeat=200ms");
        RespClient client = sidecar.connect()) {
      hold(upstream, client);
      upstream.holdTracked(); // so that nothing that is sent meanwhile says that it is still true
      sidecar.pause();
      long since = System.nanoTime();
      client.send("GET", "k");
      Waiting.until("it has stood long enough", () -> System.nanoTime() - since > BOUND_NS);
      sidecar.resume();
      Waiting.until(
          "the read has gone some way", () -> client.hasBytes() || isAskedFor(upstream, "k"));
      assertThat(isAskedFor(upstream, "k")).isTrue();
      assertThat(client.hasBytes()).isFalse();
    }
  }

  private static boolean isAskedFor(DirectedUpstream upstream, String key) {
    return upstream.has(Role.RELAY, "GET", key) || upstream.has(Role.TRACKED, "GET", key);
  }

  @Test
  void sidecarThatStopsReading_catchesUpWithEverythingThatWaited() throws Exception {
    try (DirectedUpstream upstream = DirectedUpstream.start();
        SidecarProcess sidecar =
            run(upstream, "coherence.max-staleness=2h", "coherence.heartbeat=1h");
        RespClient client = sidecar.connect()) {
      hold(upstream, client);
      sidecar.pause();
      Thread writer = Thread.ofPlatform().start(() -> pushMuch(upstream));
      assertThat(writer.isAlive()).isTrue(); // nobody reads, and sockets take in less than that
      sidecar.resume();
      writer.join();
      Waiting.until("it has caught up", () -> pushed(sidecar) == 1);
      client.send("GET", "k");
      upstream.await(Role.TRACKED, "GET", "k");
    }
  }

  private static SidecarProcess run(DirectedUpstream upstream, String... settings)
      throws IOException {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--upstream", "redis://127.0.0.1:" + upstream.port()));
    arguments.addAll(List.of("--set", "l1.admission-window=0s"));
    arguments.addAll(List.of("--set", "l1.early-refresh=false"));
    arguments.addAll(List.of("--set", "coherence.audit-interval=0s"));
    arguments.addAll(List.of("--set", "coherence.permission-ttl=3h"));
    arguments.addAll(List.of("--set", "coherence.fill-timeout=1h"));
    arguments.addAll(List.of("--set", "upstream.connect-timeout=1h"));
    for (String setting : settings) {
      arguments.addAll(List.of("--set", setting));
    }
    return SidecarProcess.run(arguments).awaitReady();
  }

  private static void hold(DirectedUpstream upstream, RespClient client) throws IOException {
    client.send("GET", "k");
    upstream.await(Role.TRACKED, "GET", "k").reply(bulk("old"));
    upstream.await(Role.TRACKED, "PTTL", "k").reply(":-1\r\n");
    assertThat(client.reply()).isEqualTo(bulk("old"));
    assertThat(client.call("GET", "k")).isEqualTo(bulk("old"));
  }

  private static void pushMuch(DirectedUpstream upstream) {
    String nobody = invalidation("nobody's".repeat(25_000));
    try {
      for (int i = 0; i < 100; i++) {
        upstream.tracked().push(nobody);
      }
      upstream.tracked().push(invalidation("k"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double pushed(SidecarProcess sidecar) throws Exception {
    return sidecar
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("nearside_invalidations_total{cause=\"push\""))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}

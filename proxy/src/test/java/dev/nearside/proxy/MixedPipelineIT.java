package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pipelines that mix hits, misses and relayed commands keep their local share. */
class MixedPipelineIT {
  private static final int HELD = 50;
  private static final int FAR_MS = 1_500;

  /**
   * So many keys may share the fence of a write by chance: of 16384, seeded anew by each process.
   */
  private static final int STRANGERS = 3;

  private CoherenceScene scene;
  private RespClient client;

  @BeforeEach
  void start() throws IOException {
    scene = CoherenceScene.start();
    client = scene.client();
    for (int i = 0; i < HELD; i++) {
      scene.hold(client, "held" + i, "v" + i);
    }
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    scene.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"GET missed", "STRLEN other", "SET other 1", "INCR other", "MGET other held0"})
  void hits_behindWhatIsUnderWay_areResolvedAtOnce(String slow) throws IOException {
    scene.hop.delay(DelayingHop.Side.OTHERS, FAR_MS);
    if (slow.equals("GET missed")) {
      scene.hop.delay(DelayingHop.Side.TRACKED, FAR_MS / 3);
    }
    double before = scene.localGets();
    client.sendRaw(slow + "\r\n");
    for (int i = 1; i < HELD; i++) {
      client.send("GET", "held" + i);
    }
    Waiting.until("the hits are resolved", () -> scene.localGets() >= before + HELD - STRANGERS);
    assertThat(client.hasBytes()).isFalse();
    client.reply();
    for (int i = 1; i < HELD; i++) {
      assertThat(client.reply()).isEqualTo(CoherenceScene.bulk("v" + i));
    }
  }

  @Test
  void longPipeline_ninetyPercentHits_isServedNinetyPercentLocally() throws IOException {
    scene.hop.delay(DelayingHop.Side.OTHERS, 5);
    List<String> others =
        List.of("GET missed%d", "SET other%d 1", "STRLEN other%d", "INCR n%d", "HGET h%d f");
    int groups = 200;
    double before = scene.localGets();
    StringBuilder pipeline = new StringBuilder();
    for (int i = 0; i < groups; i++) {
      for (int j = 0; j < 9; j++) {
        pipeline.append("GET held").append((9 * i + j) % HELD).append("\r\n");
      }
      pipeline.append(others.get(i % others.size()).formatted(i)).append("\r\n");
    }
    client.sendRaw(pipeline.toString());
    for (int i = 0; i < groups; i++) {
      for (int j = 0; j < 9; j++) {
        assertThat(client.reply()).isEqualTo(CoherenceScene.bulk("v" + (9 * i + j) % HELD));
      }
      client.reply();
    }
    int hits = 9 * groups;
    assertThat(scene.localGets() - before).isGreaterThanOrEqualTo(hits - STRANGERS * hits / HELD);
  }

  @Test
  void coldKeys_readTwiceInPipelines_areHeld() throws IOException {
    int keys = 200;
    try (CoherenceScene cold = CoherenceScene.start("l1.admission-window=60s");
        RespClient reader = cold.client()) {
      for (int i = 0; i < keys; i++) {
        cold.direct.call("SET", "cold" + i, "v" + i);
      }
      readAll(reader, keys);
      readAll(reader, keys);
      Waiting.until(
          "nearly all are held: some may have displaced another from the memory of first requests",
          () -> cold.sidecar.metric("nearside_l1_entries") >= keys * 0.97);
      double before = cold.localGets();
      readAll(reader, keys);
      assertThat(cold.localGets() - before).isGreaterThanOrEqualTo(keys * 0.97);
    }
  }

  private static void readAll(RespClient client, int keys) throws IOException {
    for (int i = 0; i < keys; i++) {
      client.send("GET", "cold" + i);
    }
    for (int i = 0; i < keys; i++) {
      assertThat(client.reply()).isEqualTo(CoherenceScene.bulk("v" + i));
    }
  }
}

package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DirectedUpstream.Exchange;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What L1 held before answers only where Redis cannot, and never behind what Redis answers. */
@Timeout(60)
class FallBackWireTest {
  private static final String YAML =
      "namespaces: {page: {keys: 'page:{id}', stale-if-error: 1h}}\n";
  private static final String FOR_LONG = "upstream.retry-reads-for=1m";
  private static final String STALE = "nearside_stale_served_total{namespace=\"page\"}";

  @Test
  void laneLost_readBehindAnotherReadOfItsKey_isSentAgainBehindIt() throws IOException {
    try (RaceScene scene = RaceScene.configured(YAML, FOR_LONG);
        RespClient client = scene.client()) {
      scene.hold(client, "page:1", "old");
      client.sendRaw("MGET page:1 j\r\nGET page:1\r\n");
      scene.upstream.await(Role.RELAY, "MGET", "page:1", "j");
      scene.upstream.await(Role.RELAY, "GET", "page:1").wire().cut();
      scene
          .upstream
          .await(Role.RELAY, "MGET", "page:1", "j")
          .reply("*2\r\n" + bulk("new") + bulk("x"));
      scene.upstream.await(Role.RELAY, "GET", "page:1").reply(bulk("new"));
      assertThat(client.reply()).isEqualTo("*2\r\n" + bulk("new") + bulk("x"));
      assertThat(client.reply()).isEqualTo(bulk("new"));
      assertThat(scene.sidecar.metric(STALE)).isZero();
    }
  }

  @Test
  void laneLost_redisIsAskedAgainBeforeWhatWasHeldIsShown() throws IOException {
    try (RaceScene scene = RaceScene.configured(YAML, FOR_LONG);
        RespClient client = scene.client()) {
      scene.hold(client, "page:1", "old");
      close(scene);
      client.send("GET", "page:1");
      scene.upstream.await(Role.RELAY, "GET", "page:1").wire().cut();
      scene.upstream.await(Role.RELAY, "GET", "page:1").reply(bulk("new"));
      assertThat(client.reply()).isEqualTo(bulk("new"));
      assertThat(scene.sidecar.metric(STALE)).isZero();
    }
  }

  @Test
  void timeOver_readBehindWhatIsUnanswered_waitsForRedisWithIt() throws IOException {
    try (RaceScene scene = RaceScene.configured(YAML, FOR_LONG, "coherence.fill-timeout=200ms");
        RespClient client = scene.client()) {
      scene.hold(client, "page:1", "old");
      close(scene);
      assertThat(client.call("NEARSIDE.EXPLAIN", "page:1")).contains("stale-if-error-ms");
      client.sendRaw("STRLEN page:1\r\nGET page:1\r\n");
      Exchange length = scene.upstream.await(Role.RELAY, "STRLEN", "page:1");
      Exchange read = scene.upstream.await(Role.RELAY, "GET", "page:1");
      long sentNs = System.nanoTime();
      Waiting.until("its time is over", () -> System.nanoTime() - sentNs > 600_000_000L);
      length.reply(":5\r\n");
      read.reply(bulk("newer"));
      assertThat(client.reply()).isEqualTo(":5\r\n");
      assertThat(client.reply()).isEqualTo(bulk("newer"));
      assertThat(scene.sidecar.metric(STALE)).isZero();
    }
  }

  @Test
  void upstreamSilent_readsOfOneConnection_fallBackInTurn() throws IOException {
    try (RaceScene scene = RaceScene.configured(YAML, "coherence.fill-timeout=200ms");
        RespClient client = scene.client()) {
      scene.hold(client, "page:1", "one");
      scene.hold(client, "page:2", "two");
      close(scene);
      client.sendRaw("GET page:1\r\nGET page:2\r\nGET page:1\r\n");
      assertThat(client.reply()).isEqualTo(bulk("one"));
      assertThat(client.reply()).isEqualTo(bulk("two"));
      assertThat(client.reply()).isEqualTo(bulk("one"));
      assertThat(scene.sidecar.metric(STALE)).isEqualTo(3);
    }
  }

  /** L1 closes, and keeps what it holds for namespaces that allow it. */
  private static void close(RaceScene scene) throws IOException {
    scene.upstream.lead(Role.TRACKED, "b".repeat(40));
    scene.upstream.tracked().cut();
    scene.awaitMetric("nearside_l1_open", 0);
  }
}

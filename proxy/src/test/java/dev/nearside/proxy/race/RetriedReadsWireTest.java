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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the upstream was asked and did not answer: sent again, where it changes nothing. */
@Timeout(60)
class RetriedReadsWireTest {
  private static final String RETRIES = "nearside_retries_total{what=\"redis\"}";
  private static final String RELAYED = "l1.admission-window=1h";
  private static final String FOR_LONG = "upstream.retry-reads-for=1m";

  @ParameterizedTest
  @ValueSource(strings = {"GET k", "STRLEN k", "HGET k field", "MGET k other", "SMEMBERS k"})
  void readCutOffUnanswered_isSentAgainUntilItIsAnswered(String read) throws IOException {
    String[] words = read.split(" ", -1);
    try (RaceScene scene = RaceScene.start(RELAYED, FOR_LONG);
        RespClient client = scene.client()) {
      client.send(words);
      for (int i = 0; i < 3; i++) {
        cutOff(scene, words);
      }
      scene.upstream.await(Role.RELAY, words).reply(bulk("v"));
      assertThat(client.reply()).isEqualTo(bulk("v"));
      assertThat(scene.sidecar.metric(RETRIES)).isEqualTo(3);
      scene.isRelayed(client, "other", "answered at once");
      assertThat(scene.sidecar.metric(RETRIES)).isEqualTo(3);
    }
  }

  @Test
  void readsCutOffTogether_areSentAgainInTheirOrder() throws IOException {
    try (RaceScene scene = RaceScene.start(RELAYED, FOR_LONG);
        RespClient client = scene.client()) {
      client.sendRaw("HGET k a\r\nHGET k b\r\nHGET k c\r\n");
      Exchange last = scene.upstream.await(Role.RELAY, "HGET", "k", "c");
      scene.upstream.await(Role.RELAY, "HGET", "k", "a");
      scene.upstream.await(Role.RELAY, "HGET", "k", "b");
      last.wire().cut();
      scene.upstream.await(Role.RELAY, "HGET", "k", "a").reply(bulk("1"));
      scene.upstream.await(Role.RELAY, "HGET", "k", "b").reply(bulk("2"));
      scene.upstream.await(Role.RELAY, "HGET", "k", "c").reply(bulk("3"));
      assertThat(client.reply()).isEqualTo(bulk("1"));
      assertThat(client.reply()).isEqualTo(bulk("2"));
      assertThat(client.reply()).isEqualTo(bulk("3"));
    }
  }

  @Test
  void readAskedWhileAnotherWaitsToBeSentAgain_isSentBehindIt() throws IOException {
    try (RaceScene scene = RaceScene.start(RELAYED, FOR_LONG);
        RespClient client = scene.client()) {
      for (int i = 1; i <= 20; i++) {
        String first = "first" + i;
        String second = "second" + i;
        client.send("HGET", "k", first);
        cutOff(scene, "HGET", "k", first);
        double due = i;
        Waiting.until("it is to be sent again", () -> scene.sidecar.metric(RETRIES) == due);
        client.send("HGET", "k", second);
        Waiting.until(
            "one of them is sent",
            () ->
                scene.upstream.has(Role.RELAY, "HGET", "k", second)
                    || scene.upstream.has(Role.RELAY, "HGET", "k", first));
        assertThat(scene.upstream.has(Role.RELAY, "HGET", "k", first)).isTrue();
        scene.upstream.await(Role.RELAY, "HGET", "k", first).reply(bulk("1"));
        scene.upstream.await(Role.RELAY, "HGET", "k", second).reply(bulk("2"));
        assertThat(client.reply()).isEqualTo(bulk("1"));
        assertThat(client.reply()).isEqualTo(bulk("2"));
      }
    }
  }

  @Test
  void readCutOffWithItsAnswerBegun_isNotSentAgain() throws IOException {
    try (RaceScene scene = RaceScene.start(RELAYED, FOR_LONG);
        RespClient client = scene.client()) {
      client.send("GET", "k");
      Exchange read = scene.upstream.await(Role.RELAY, "GET", "k");
      read.wire().push("$500000\r\n" + "x".repeat(250_000));
      Waiting.until("the answer has begun", client::hasBytes);
      read.wire().cut();
      assertThat(client.rest()).startsWith("$500000\r\nxxx");
      assertThat(scene.sidecar.metric(RETRIES)).isZero();
    }
  }

  @Test
  void upstreamGone_readIsToldToTryAgainOnceItsTimeIsOver() throws IOException {
    try (RaceScene scene = RaceScene.start(RELAYED, "upstream.retry-reads-for=2s");
        RespClient client = scene.client()) {
      client.send("GET", "k");
      scene.upstream.await(Role.RELAY, "GET", "k");
      scene.upstream.close();
      assertThat(client.reply()).startsWith("-TRYAGAIN upstream unavailable");
      assertThat(scene.sidecar.metric(RETRIES)).isGreaterThan(2);
    }
  }

  @Test
  void retriesSwitchedOff_readCutOffEndsItsClient() throws IOException {
    try (RaceScene scene = RaceScene.start(RELAYED, "upstream.retry-reads-for=0s");
        RespClient client = scene.client();
        RespClient next = scene.client()) {
      client.send("GET", "k");
      cutOff(scene, "GET", "k");
      assertThat(client.isClosed()).isTrue();
      assertThat(scene.sidecar.metric(RETRIES)).isZero();
      scene.isRelayed(next, "other", "v");
      assertThat(scene.upstream.count(Role.RELAY, "GET", "k")).isEqualTo(1);
    }
  }

  @Test
  void retriesSwitchedOff_readOfAnUpstreamThatIsGoneIsToldAtOnce() throws IOException {
    try (RaceScene scene = RaceScene.start(RELAYED, "upstream.retry-reads-for=0s");
        RespClient client = scene.client()) {
      scene.upstream.close();
      Waiting.until("it is noticed", () -> scene.sidecar.metric("nearside_l1_open") == 0);
      assertThat(client.call("GET", "k")).startsWith("-TRYAGAIN upstream unavailable");
      assertThat(scene.sidecar.metric(RETRIES)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"SET k v", "INCR k", "GETDEL k", "LPOP k", "EVAL script 0", "PUBLISH c m"})
  void writeCutOffUnanswered_isNeverSentAgain(String command) throws IOException {
    String[] words = command.split(" ", -1);
    try (RaceScene scene = RaceScene.start(RELAYED, FOR_LONG);
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      writer.send(words);
      cutOff(scene, words);
      assertThat(writer.isClosed()).isTrue();
      reader.send("GET", "other"); // retried until a write that were would have been, too
      for (int i = 0; i < 3; i++) {
        cutOff(scene, "GET", "other");
      }
      scene.upstream.await(Role.RELAY, "GET", "other").reply(bulk("v"));
      assertThat(reader.reply()).isEqualTo(bulk("v"));
      assertThat(scene.upstream.count(Role.RELAY, words)).isEqualTo(1);
      assertThat(scene.sidecar.metric(RETRIES)).isEqualTo(3);
    }
  }

  /** Waits for a request, and ends its connection instead of answering. */
  private static void cutOff(RaceScene scene, String... words) throws IOException {
    scene.upstream.await(Role.RELAY, words).wire().cut();
  }
}

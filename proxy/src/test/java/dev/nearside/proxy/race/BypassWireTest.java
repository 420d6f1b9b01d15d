package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Connections that L1 does not answer, and from when on it does again. */
@Timeout(60)
class BypassWireTest {
  private static final String OK = "+OK\r\n";

  /** A read there must not count as one, so it has to be the upstream's. */
  @Test
  void noTouch_readsAreTheUpstreams() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client();
        RespClient other = scene.client()) {
      scene.hold(client, "k", "v");
      says(scene, client, OK, "CLIENT", "NO-TOUCH", "ON");
      scene.isRelayed(client, "k", "v");
      scene.readsLocally(other, "k", bulk("v"));
      client.send("MGET", "k");
      scene.upstream.await(Role.RELAY, "MGET", "k").reply("*1\r\n" + bulk("v"));
      assertThat(client.reply()).isEqualTo("*1\r\n" + bulk("v"));
      says(scene, client, "+RESET\r\n", "RESET");
      scene.hold(client, "k", "v");
    }
  }

  @Test
  void replyOff_readsAreTheUpstreamsAndUnanswered() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client();
        RespClient other = scene.client()) {
      scene.hold(client, "k", "v");
      client.send("CLIENT", "REPLY", "OFF").send("GET", "k");
      scene.upstream.await(Role.RELAY, "CLIENT", "REPLY", "OFF").reply("");
      scene.upstream.await(Role.RELAY, "GET", "k").reply("");
      client.send("CLIENT", "REPLY", "ON").send("GET", "k");
      scene.upstream.await(Role.RELAY, "CLIENT", "REPLY", "ON").reply(OK);
      scene.upstream.await(Role.RELAY, "GET", "k").reply(bulk("v"));
      assertThat(client.reply()).isEqualTo(OK);
      assertThat(client.reply()).isEqualTo(bulk("v"));
      scene.hold(other, "k", "v");
    }
  }

  @Test
  void replySkip_theReadItIsAboutIsTheUpstreamsAndUnanswered() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "v");
      client.send("CLIENT", "REPLY", "SKIP").send("GET", "k").send("GET", "k");
      scene.upstream.await(Role.RELAY, "CLIENT", "REPLY", "SKIP").reply("");
      scene.upstream.await(Role.RELAY, "GET", "k").reply("");
      scene.upstream.await(Role.RELAY, "GET", "k").reply(bulk("newer"));
      assertThat(client.reply()).isEqualTo(bulk("newer"));
    }
  }

  /** The columns: what ends it, after MULTI or not, and the raw reply without its line's end. */
  @ParameterizedTest
  @CsvSource({"UNWATCH, false, +OK", "EXEC, true, *0", "DISCARD, true, +OK"})
  void watchEnded_readsAreLocalAgain(String end, boolean afterMulti, String reply)
      throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "v");
      says(scene, client, OK, "WATCH", "k");
      scene.isRelayed(client, "k", "v");
      if (afterMulti) {
        says(scene, client, OK, "MULTI");
      }
      says(scene, client, reply + "\r\n", end);
      scene.readsLocally(client, "k", bulk("v"));
    }
  }

  /** Has {@code client} say something that the upstream answers so. */
  private static void says(RaceScene scene, RespClient client, String reply, String... words)
      throws IOException {
    client.send(words);
    scene.upstream.await(Role.RELAY, words).reply(reply);
    assertThat(client.reply()).isEqualTo(reply);
  }
}

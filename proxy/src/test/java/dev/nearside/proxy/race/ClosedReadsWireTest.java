package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.AtRest;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With L1 closed every read comes to the upstream, but not all at once. */
@Timeout(60)
class ClosedReadsWireTest {
  private static final int MOST = 512;
  private static final int CLIENTS = MOST + 100;

  @Test
  void moreClientsThanMayAsk_noMoreAreAskedUntilSomeAreAnswered() throws IOException {
    List<RespClient> clients = new ArrayList<>();
    try (RaceScene scene = RaceScene.closed()) {
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(scene.client().send("GET", key(i)));
      }
      scene.settle();
      List<Integer> asked = asked(scene);
      assertThat(asked).hasSize(MOST);
      for (int i : asked.subList(0, MOST / 2 - 1)) {
        answer(scene, clients, i);
      }
      scene.settle();
      assertThat(asked(scene)).hasSize(MOST / 2 + 1);
      for (int i : asked.subList(MOST / 2 - 1, MOST)) {
        answer(scene, clients, i);
      }
      scene.settle();
      List<Integer> rest = asked(scene);
      assertThat(rest).hasSize(CLIENTS - MOST);
      for (int i : rest) {
        answer(scene, clients, i);
      }
      AtRest.await(scene.sidecar.proxy());
    } finally {
      for (RespClient client : clients) {
        client.close();
      }
    }
  }

  private static String key(int i) {
    return "k" + i;
  }

  /** Returns the numbers of the keys that are asked for and unanswered. */
  private static List<Integer> asked(RaceScene scene) {
    List<Integer> asked = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      if (scene.upstream.has(Role.RELAY, "GET", key(i))) {
        asked.add(i);
      }
    }
    return asked;
  }

  private static void answer(RaceScene scene, List<RespClient> clients, int i) throws IOException {
    scene.upstream.await(Role.RELAY, "GET", key(i)).reply(bulk("v" + i));
    assertThat(clients.get(i).reply()).isEqualTo(bulk("v" + i));
  }
}

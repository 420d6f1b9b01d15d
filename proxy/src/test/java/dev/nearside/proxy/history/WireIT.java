package dev.nearside.proxy.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.SlotMove;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the clients of histories take for not executed, said by real servers. */
class WireIT {
  private static final Group GROUP = new Group("arena:", "round:", new int[] {0, 0}, true);

  @Test
  void read_scriptThatRemovesItsKeyInASlotThatMoves_refusesWhatAsksForItAfterwards()
      throws IOException {
    try (RedisCluster cluster = RedisCluster.plan(3, 0).start()) {
      RedisNode from = cluster.primaryOf(GROUP.name(0));
      from.ask("SET", GROUP.name(0), "1");
      RedisNode to =
          cluster.primaries().stream().filter(it -> it != from).findFirst().orElseThrow();
      SlotMove move = cluster.beginMove(RedisCluster.slotOf(GROUP.name(0)), to);

      assertThat(replies(from, Step.of(Verb.GETDEL, 0), Step.of(Verb.GET, 0)))
          .satisfiesExactly(
              removed -> assertThat(removed).isEqualTo("1"),
              refused ->
                  assertThat(refused)
                      .isInstanceOfSatisfying(
                          Wire.Failure.class,
                          failure -> assertThat(failure.isRefusal()).as(failure.text()).isTrue()));
      move.end();
    }
  }

  private static List<?> replies(RedisNode node, Step... steps) throws IOException {
    try (Wire wire = new OneWire(node.port())) {
      new Request(Request.Form.SCRIPT, steps, true).addTo(wire, GROUP);
      wire.flush();
      return (List<?>) wire.read();
    }
  }
}

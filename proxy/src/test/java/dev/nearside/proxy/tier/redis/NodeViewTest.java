package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NodeViewTest {
  private static final Address ONE = new Address("a", 1);
  private static final Address OTHER = new Address("b", 2);

  private static final String NODES =
      """
      77 b:2@3 master - 0 1 2 connected 5461 5463-16383
      42 a:1@2 myself,%s - 0 0 9 connected %s
      """;

  @Test
  void slots_areWrittenAsNodesWriteThem() {
    ClusterMap map = new ClusterMap(List.of(ONE));
    Address[] owners = new Address[HashSlot.COUNT];
    for (int slot = 0; slot < HashSlot.COUNT; slot++) {
      owners[slot] = slot <= 5460 || slot == 5462 || slot == 16_383 ? ONE : OTHER;
    }
    map.update(owners);
    assertThat(NodeView.slots(map.snapshot(), ONE)).isEqualTo("0-5460 5462 16383");
    assertThat(NodeView.slots(map.snapshot(), OTHER)).isEqualTo("5461 5463-16382");
    assertThat(NodeView.slots(map.snapshot(), new Address("c", 3))).isEmpty();
  }

  @Test
  void node_thatSaysWhatTheMapHas_isSettled_andNoOther() {
    String slots = "0-5460 5462";
    assertThat(NodeView.settled(NODES.formatted("master", slots), slots)).isEqualTo("42 9");
    assertThat(NodeView.settled(NODES.formatted("master", "0-5460"), slots)).isNull();
    assertThat(NodeView.settled(NODES.formatted("master", slots + " [5462->-77]"), slots)).isNull();
    assertThat(NodeView.settled(NODES.formatted("slave", slots), slots)).isNull();
    assertThat(NodeView.settled("77 b:2@3 master - 0 1 2 connected 0-5460 5462", slots)).isNull();
    assertThat(NodeView.settled("", slots)).isNull();
  }
}

package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.relay.Node;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class WatchedKeysTest {
  private final Node one = EmbeddedClient.nowhere();
  private final Node other = EmbeddedClient.nowhere();
  private final WatchedKeys watched = new WatchedKeys();

  private String refusal(int slot, Node target) {
    byte[] refusal = watched.refusal(slot, target);
    return refusal == null ? "" : new String(refusal, StandardCharsets.US_ASCII);
  }

  @Test
  void none_areWatchedAtFirst_andAnythingMayBe() {
    assertThat(watched.node()).isNull();
    assertThat(watched.areAt(one)).isFalse();
    assertThat(watched.slotAt(one)).isEqualTo(HashSlot.NONE);
    assertThat(refusal(7, one)).isEmpty();
  }

  @Test
  void moreOfThem_areWatchedAtTheSameNodeOnly() {
    assertThat(watched.agreed(one, 7)).isTrue();
    assertThat(watched.agreed(one, 8)).isTrue();
    assertThat(watched.slotAt(one)).as("that of the first").isEqualTo(7);
    assertThat(watched.slotAt(other)).isEqualTo(HashSlot.NONE);
    assertThat(refusal(9, one)).isEmpty();
    assertThat(refusal(HashSlot.NONE, other)).isEmpty();
    assertThat(refusal(9, other)).startsWith("-CROSSSLOT ");
    assertThat(refusal(7, other)).as("it has moved there").startsWith("-TRYAGAIN ");
    assertThat(watched.agreed(other, 9)).isFalse();
    assertThat(watched.node()).isEqualTo(one);
  }

  @Test
  void onceNoneAreWatched_anotherNodeMay() {
    watched.agreed(one, 7);
    watched.clear();
    assertThat(watched.areAt(one)).isFalse();
    assertThat(watched.slotAt(one)).isEqualTo(HashSlot.NONE);
    assertThat(watched.agreed(other, 8)).isTrue();
    assertThat(watched.slotAt(other)).isEqualTo(8);
  }
}

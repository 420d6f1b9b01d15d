package dev.nearside.proxy.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.cluster.ClusterMap.Snapshot;
import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is known of slots by what nodes say of them. */
class ClusterMapTest {
  private static final Address A = new Address("127.0.0.1", 1);
  private static final Address B = new Address("127.0.0.1", 2);
  private static final Address C = new Address("127.0.0.1", 3);
  private static final int HALF = HashSlot.COUNT / 2;

  private final ClusterMap map = new ClusterMap(List.of(A, C));
  private final List<String> told = new ArrayList<>();
  private int otherPrimaries;

  /** Tells of all slots: {@code first} has those before {@code from}, {@code second} the others. */
  private void update(Address first, int from, Address second) {
    @Nullable Address[] owners = new Address[HashSlot.COUNT];
    Arrays.fill(owners, 0, from, first);
    Arrays.fill(owners, from, owners.length, second);
    map.update(owners);
  }

  private Address moved(int slot, Address to) {
    return map.moved(new Redirect.Moved(slot, to.host(), to.port()), A);
  }

  private void listen() {
    map.onOtherPrimaries(() -> otherPrimaries++);
    map.onChange(
        new ClusterMap.Listener() {
          @Override
          public void changed(Snapshot next) {
            told.add("all");
          }

          @Override
          public void moved(int slot, Snapshot next) {
            told.add(slot + " to " + next.ownerOf(slot).port());
            assertThat(map.snapshot().version())
                .as("others see it later")
                .isNotEqualTo(next.version());
          }
        });
    told.clear();
  }

  @Test
  void atFirst_seedsAreAsked() {
    Snapshot known = map.snapshot();
    assertThat(known.primaries()).containsExactly(A, C);
    assertThat(known.numbered()).isEmpty();
    assertThat(known.home()).isEqualTo(A);
    assertThat(known.ownerOf(7)).isEqualTo(A);
    assertThat(known.isWhole()).isFalse();
  }

  @Test
  void slotMoves_onlyThatSlotIsAnothers_andOnlyOfItIsTold() {
    update(A, HALF, B);
    listen();
    boolean[] doubted = new boolean[1];
    map.onDoubt(() -> doubted[0] = true);
    Snapshot before = map.snapshot();
    assertThat(moved(HALF - 1, B)).isEqualTo(B);
    Snapshot after = map.snapshot();
    for (int slot = 0; slot < HashSlot.COUNT; slot++) {
      assertThat(after.owners().of(slot)).isEqualTo(slot < HALF - 1 ? A : B);
      assertThat(before.owners().of(slot)).isEqualTo(slot < HALF ? A : B);
    }
    assertThat(after.version()).isEqualTo(before.version() + 1);
    assertThat(after.primaries()).isSameAs(before.primaries());
    assertThat(after.isWhole()).isTrue();
    assertThat(told).containsExactly(HALF - 1 + " to 2");
    assertThat(doubted[0]).isTrue();
    assertThat(otherPrimaries).isZero();
  }

  @Test
  void movedTwice_changesOnce() {
    update(A, HALF, B);
    moved(1, B);
    listen();
    Snapshot before = map.snapshot();
    assertThat(moved(1, B)).isEqualTo(B);
    assertThat(map.snapshot()).isSameAs(before);
    assertThat(told).isEmpty();
  }

  @Test
  void firstSlotOfANode_makesItAPrimary_theLastTakesThatAway() {
    update(A, 2, B);
    listen();
    moved(1, C);
    assertThat(map.snapshot().primaries()).containsExactly(A, B, C);
    assertThat(otherPrimaries).isEqualTo(1);
    moved(0, C);
    assertThat(map.snapshot().primaries()).containsExactly(B, C);
    assertThat(map.snapshot().home()).isEqualTo(B);
    assertThat(otherPrimaries).isEqualTo(2);
    moved(0, A);
    assertThat(map.snapshot().primaries()).containsExactly(A, B, C);
    assertThat(map.snapshot().numbered()).containsExactly(A, B, C);
    assertThat(map.snapshot().home()).as("it stays as long as it can").isEqualTo(B);
  }

  @Test
  void movedWhileNothingIsKnown_thatNodeIsTheOnlyPrimary() {
    moved(9, B);
    Snapshot known = map.snapshot();
    assertThat(known.primaries()).containsExactly(B);
    assertThat(known.home()).isEqualTo(B);
    assertThat(known.isWhole()).isFalse();
    update(A, HALF, B);
    assertThat(map.snapshot().primaries()).containsExactlyInAnyOrder(A, B);
    assertThat(map.snapshot().isWhole()).isTrue();
  }

  @Test
  void toldTheSameAgain_changesNothing() {
    update(A, HALF, B);
    listen();
    Snapshot before = map.snapshot();
    update(A, HALF, B);
    assertThat(map.snapshot()).isSameAs(before);
    assertThat(told).isEmpty();
    update(A, HALF + 1, B);
    assertThat(map.snapshot().ownerOf(HALF)).isEqualTo(A);
    assertThat(told).containsExactly("all");
    moved(HALF, B);
    update(C, HALF, B);
    assertThat(map.snapshot().primaries()).containsExactly(B, C);
    assertThat(map.snapshot().numbered()).containsExactly(A, B, C);
  }

  @Test
  void countsOfSlots_followWhatIsToldOfAll() {
    update(A, HALF, B);
    moved(0, B);
    update(A, 1, B);
    moved(0, B); // the only one that it was told to have
    assertThat(map.snapshot().primaries()).containsExactly(B);
  }
}

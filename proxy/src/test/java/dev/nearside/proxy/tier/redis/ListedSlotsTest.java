package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.tier.redis.WakeList.Listed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whose turn it is, by what was announced and what was seen. */
final class ListedSlotsTest {
  private static final List<Integer> ALL = List.of(1, 2, 3, 4, 5, 6);

  private final Map<Integer, Long> scores = new HashMap<>();
  private final List<Integer> announced = new ArrayList<>();
  private long nowMs = 1_000_000;
  private final ListedSlots slots =
      new ListedSlots(new TestingAnnouncements(), ALL, () -> nowMs * 1_000_000);

  private final class TestingAnnouncements implements ListedSlots.Announcements {
    @Override
    public Listed read() {
      return new Listed(nowMs, Map.copyOf(scores));
    }

    @Override
    public CompletableFuture<Long> announce(Collection<Integer> some) {
      announced.addAll(some);
      return CompletableFuture.completedFuture(1L);
    }

    @Override
    public CompletableFuture<Long> remove(int slot, long score) {
      return CompletableFuture.completedFuture(scores.remove(slot, score) ? 1L : 0L);
    }
  }

  @Test
  void due_atFirstAndNowAndThenAll_thoseAnnouncedFirst() throws Exception {
    scores.put(5, nowMs);
    slots.begin();
    assertThat(slots.due()).containsExactly(5, 1, 2, 3, 4, 6);
    lookIntoAll();
    assertThat(slots.due()).isEmpty();
    slots.begin();
    assertThat(slots.due()).containsExactly(5); // its visit is forgotten
    slots.looked(5, 0, 0);
    after(Duration.ofMinutes(2));
    slots.begin();
    assertThat(slots.due()).containsExactly(5, 1, 2, 3, 4, 6);
    lookIntoAll();
    after(Duration.ofMinutes(11));
    assertThat(slots.due()).hasSize(6);
  }

  @Test
  void due_whatWasAnnouncedSinceItWasEmpty() throws Exception {
    begin();
    scores.put(2, nowMs);
    assertThat(slots.due()).containsExactly(2);
    slots.looked(2, 0, 0);
    assertThat(slots.due()).isEmpty();
    scores.put(2, nowMs + 1);
    assertThat(slots.due()).containsExactly(2);
    slots.looked(2, 3, 0);
    assertThat(slots.due()).containsExactly(2);
    slots.looked(2, 0, 0);
    assertThat(slots.due()).isEmpty();
  }

  @Test
  void oldAndEmpty_isTakenOut_butNotWhileSomethingIsPutAside() throws Exception {
    begin();
    scores.put(2, nowMs);
    scores.put(3, nowMs);
    slots.due();
    slots.looked(2, 0, 0);
    slots.looked(3, 0, 1);
    assertThat(scores).containsOnlyKeys(2, 3);
    after(Duration.ofSeconds(61));
    assertThat(slots.due()).containsExactly(2, 3);
    slots.looked(2, 0, 0);
    slots.looked(3, 0, 1);
    assertThat(scores).containsOnlyKeys(3);
    assertThat(slots.due()).isEmpty();
    after(Duration.ofSeconds(61));
    assertThat(slots.due()).containsExactly(3);
    assertThat(announced).isEmpty();
  }

  @Test
  void whatNobodyHasAnnounced_isAnnounced() throws Exception {
    slots.begin();
    slots.due();
    slots.looked(1, 2, 0);
    slots.looked(2, 0, 1);
    slots.looked(3, 0, 0);
    assertThat(announced).containsExactly(1, 2);
    assertThat(slots.due()).containsExactly(1);
    after(Duration.ofSeconds(1));
    assertThat(slots.due()).containsExactly(1, 4, 5, 6);
  }

  @Test
  void whatNobodyHasAnnounced_isLookedIntoBitByBit() throws Exception {
    List<Integer> many = IntStream.range(0, 300).boxed().toList();
    ListedSlots partition =
        new ListedSlots(new TestingAnnouncements(), many, () -> nowMs * 1_000_000);
    scores.put(290, nowMs);
    partition.begin();
    List<Integer> due = partition.due();
    assertThat(due.getFirst()).isEqualTo(290);
    assertThat(due).hasSize(1 + 64);
    due.forEach(slot -> partition.looked(slot, 0, 0));
    assertThat(partition.due()).isEmpty();
    after(Duration.ofMillis(500));
    assertThat(partition.due()).containsExactlyElementsOf(many.subList(64, 96));
    after(Duration.ofSeconds(5));
    assertThat(partition.due()).containsExactlyElementsOf(many.subList(64, 64 + 128));
  }

  @Test
  void woken_isDueAtOnce_andUnasked_aSecondLater() throws Exception {
    begin();
    slots.wake(6);
    slots.wake(4);
    assertThat(slots.due()).containsExactly(4, 6);
    slots.unasked(4);
    slots.wake(6); // while somebody looks into it
    slots.looked(6, 0, 0);
    assertThat(slots.due()).containsExactly(6);
    after(Duration.ofSeconds(1));
    assertThat(slots.due()).containsExactly(4, 6);
    slots.drained(4);
    assertThat(slots.due()).containsExactly(6, 4);
  }

  @Test
  void unanswered_restsForLonger() throws Exception {
    begin();
    slots.wake(4);
    assertThat(slots.due()).containsExactly(4);
    slots.unanswered(4);
    after(Duration.ofSeconds(9));
    slots.wake(4);
    assertThat(slots.due()).isEmpty();
    after(Duration.ofSeconds(1));
    assertThat(slots.due()).containsExactly(4);
  }

  private void begin() throws Exception {
    slots.begin();
    slots.due();
    lookIntoAll();
  }

  private void lookIntoAll() {
    ALL.forEach(slot -> slots.looked(slot, 0, 0));
  }

  private void after(Duration time) {
    nowMs += time.toMillis();
  }
}

package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AbsentRowsTest {
  private static final int MANY = 1_001;

  private final List<String> told = Collections.synchronizedList(new ArrayList<>());

  private static ByteBuffer row(String name) {
    return ByteBuffer.wrap(name.getBytes(US_ASCII));
  }

  private void tell(byte[] key) {
    told.add(new String(key, US_ASCII));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void forget_tellsOnceOfWhatIsRemembered() {
    AbsentRows rows = new AbsentRows(this::tell);
    assertThat(rows.add(row("a"))).isTrue();
    assertThat(rows.contains(row("a"))).isTrue();
    rows.forget(row("b"));
    rows.forget(row("a"));
    rows.forget(row("a"));
    assertThat(told).containsExactly("a");
    assertThat(rows.contains(row("a"))).isFalse();
  }

  @Test
  void forgetAll_ofFew_tellsOfThemAtOnce_andGoesOn() {
    AbsentRows rows = new AbsentRows(this::tell);
    rows.add(row("a"));
    rows.forgetAll();
    assertThat(told).containsExactly("a");
    assertThat(rows.contains(row("a"))).isFalse();
    assertThat(rows.add(row("b"))).isTrue();
    assertThat(rows.contains(row("b"))).isTrue();
    rows.end(() -> told.add("ended"));
    assertThat(told).containsExactly("a", "b", "ended");
    assertThat(rows.add(row("c"))).isFalse();
    assertThat(rows.contains(row("c"))).isFalse();
  }

  /** Called on an event loop, which many would keep busy. */
  @Test
  void end_ofMany_takesAllOutAtOnce_andTellsOfThemElsewhere() {
    CountDownLatch mayTell = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    AbsentRows rows =
        new AbsentRows(key -> {
          await(mayTell);
          tell(key);
        });
    for (int i = 0; i < MANY; i++) {
      assertThat(rows.add(row("k" + i))).isTrue();
    }
    rows.end(ended::countDown);
    assertThat(rows.contains(row("k0"))).isFalse();
    assertThat(rows.add(row("late"))).isFalse();
    assertThat(ended.getCount()).as("nobody connects anew before all are told").isEqualTo(1);
    mayTell.countDown();
    await(ended);
    assertThat(told).hasSize(MANY).doesNotHaveDuplicates();
  }

  /** A set that stops whoever is about to add to it. */
  private static final class StoppingSet extends AbstractSet<ByteBuffer> {
    private final Set<ByteBuffer> rows = ConcurrentHashMap.newKeySet();
    final CountDownLatch asked = new CountDownLatch(1);
    final CountDownLatch mayGoOn = new CountDownLatch(1);
    volatile boolean stops;

    @Override
    public boolean add(ByteBuffer row) {
      if (stops) {
        asked.countDown();
        await(mayGoOn);
      }
      return rows.add(row);
    }

    @Override
    public int size() {
      return rows.size();
    }

    @Override
    public Iterator<ByteBuffer> iterator() {
      return rows.iterator();
    }
  }

  private void addDuring(String what, Consumer<AbsentRows> forgetting) {
    StoppingSet first = new StoppingSet();
    List<Set<ByteBuffer>> sets = new ArrayList<>(List.of(first, ConcurrentHashMap.newKeySet()));
    AbsentRows rows = new AbsentRows(this::tell, sets::removeFirst);
    first.stops = true;
    CompletableFuture<Boolean> believed = CompletableFuture.supplyAsync(() -> rows.add(row("a")));
    await(first.asked);
    forgetting.accept(rows);
    first.mayGoOn.countDown();
    assertThat(believed.join()).as(what).isFalse();
    assertThat(told).isEmpty();
  }

  /** It would never be told of. */
  @Test
  void add_toASetThatWasJustToldOf_isRefused() {
    addDuring("forgotten", AbsentRows::forgetAll);
    addDuring("ended", rows -> rows.end(() -> {}));
  }

  @Test
  void end_thoughToTellFails_isToldItself() {
    AbsentRows rows =
        new AbsentRows(key -> {
          throw new IllegalStateException("a fault of ours");
        });
    rows.add(row("a"));
    boolean[] ended = new boolean[1];
    try {
      rows.end(() -> ended[0] = true);
    } catch (IllegalStateException expected) {
      // the caller's
    }
    assertThat(ended[0]).isTrue();
  }
}

package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Waiting;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AbsentRowsTest {
  private final Set<String> told = ConcurrentHashMap.newKeySet();

  private static ByteBuffer row(String name) {
    return ByteBuffer.wrap(name.getBytes(US_ASCII));
  }

  private void tell(byte[] key) {
    told.add(new String(key, US_ASCII));
  }

  @Test
  void forget_tellsOnceOfWhatIsRemembered() {
    List<String> each = new ArrayList<>();
    AbsentRows rows = new AbsentRows(key -> each.add(new String(key, US_ASCII)));
    assertThat(rows.add(row("a"))).isTrue();
    rows.forget(row("b"));
    rows.forget(row("a"));
    rows.forget(row("a"));
    assertThat(each).containsExactly("a");
    assertThat(rows.contains(row("a"))).isFalse();
  }

  /** On an event loop: to tell of a hundred thousand takes it tens of milliseconds. */
  @Test
  void end_takesAllOutAtOnce_andTellsOfThemElsewhere() throws InterruptedException {
    CountDownLatch mayTell = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    AbsentRows rows =
        new AbsentRows(key -> {
          await(mayTell);
          tell(key);
        });
    assertThat(rows.add(row("a"))).isTrue();
    assertThat(rows.add(row("b"))).isTrue();
    rows.end(ended::countDown);
    assertThat(rows.contains(row("a"))).isFalse();
    assertThat(rows.add(row("c"))).isFalse();
    assertThat(rows.contains(row("c"))).isFalse();
    assertThat(ended.getCount()).isEqualTo(1); // nobody connects anew before all are told
    mayTell.countDown();
    assertThat(ended.await(30, SECONDS)).isTrue();
    assertThat(told).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void forgetAll_whatIsFoundAfterwardsIsRemembered() throws InterruptedException {
    CountDownLatch first = new CountDownLatch(1);
    AbsentRows rows =
        new AbsentRows(key -> {
          tell(key);
          first.countDown();
        });
    rows.add(row("a"));
    rows.forgetAll();
    assertThat(rows.add(row("b"))).isTrue();
    assertThat(rows.contains(row("b"))).isTrue();
    assertThat(first.await(30, SECONDS)).isTrue();
    assertThat(told).containsExactly("a");
  }

  /** Whatever was remembered, by its adder's belief, is told: however the end falls. */
  @Test
  void addBesideForgetAll_isToldOrRefused() throws InterruptedException {
    for (int round = 0; round < 200; round++) {
      told.clear();
      AbsentRows rows = new AbsentRows(this::tell);
      Set<String> believed = ConcurrentHashMap.newKeySet();
      CountDownLatch half = new CountDownLatch(1);
      Thread adder =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 400; i++) {
                  if (i == 100) {
                    half.countDown();
                  }
                  if (rows.add(row("k" + i))) {
                    believed.add("k" + i);
                  }
                }
              });
      half.await();
      CountDownLatch ended = new CountDownLatch(1);
      rows.forgetAll();
      rows.end(ended::countDown);
      adder.join();
      assertThat(ended.await(30, SECONDS)).isTrue();
      awaitTold(believed);
    }
  }

  /** The first of two goes on beside the second. */
  private void awaitTold(Set<String> believed) {
    Waiting.until("all are told", () -> told.containsAll(believed));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

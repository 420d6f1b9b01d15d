package dev.nearside.proxy.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class BarrierTest {
  private final ShardScene scene = new ShardScene().open(100);
  private final Barrier barrier = scene.shard.barrier();
  private final List<String> woken = new ArrayList<>();

  @Test
  void await_momentReachedAlready_wakesWithoutPing() {
    barrier.await(100, () -> woken.add("a"));
    assertThat(woken).containsExactly("a");
    assertThat(scene.pings).isZero();
  }

  @Test
  void await_many_oneIsUnderWayAndTheNextCoversTheRest() {
    barrier.await(200, () -> woken.add("covered"));
    barrier.await(300, () -> woken.add("later"));
    assertThat(scene.pings).isEqualTo(1);
    scene.shard.barrierAnswered(250);
    assertThat(woken).containsExactly("covered");
    assertThat(scene.pings).isEqualTo(2);
    scene.shard.barrierAnswered(300);
    assertThat(woken).containsExactly("covered", "later");
    assertThat(barrier.waiting()).isZero();
    assertThat(barrier.sent()).isEqualTo(2);
  }

  @Test
  void close_wakesAll() {
    barrier.await(200, () -> woken.add("a"));
    barrier.await(300, () -> woken.add("b"));
    scene.shard.close();
    assertThat(woken).containsExactlyInAnyOrder("a", "b");
    barrier.await(400, () -> woken.add("c"));
    assertThat(woken).contains("c");
    assertThat(barrier.waiting()).isZero();
  }

  @Test
  void close_whileWaitersAreLookedThrough_wakesThoseToo() {
    barrier.await(900, () -> woken.add("early"));
    barrier.await(200, scene.shard::close);
    scene.shard.barrierAnswered(200);
    assertThat(woken).containsExactly("early");
    assertThat(barrier.waiting()).isZero();
  }

  @Test
  void await_inAnyOrder_areWokenByTheirMoments() {
    barrier.await(300, () -> woken.add("300"));
    barrier.await(200, () -> woken.add("200"));
    barrier.await(300, () -> woken.add("300 too"));
    barrier.await(400, () -> woken.add("400"));
    scene.shard.barrierAnswered(300);
    assertThat(woken).containsExactly("200", "300", "300 too");
    assertThat(barrier.waiting()).isEqualTo(1);
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // else minutes
  void await_aHundredAndFiftyThousandNotCovered_areNotLookedThroughForEach() {
    for (int i = 0; i < 150_000; i++) {
      barrier.await(200 + i, () -> woken.add("one"));
    }
    scene.shard.barrierAnswered(200 + 150_000);
    assertThat(woken).hasSize(150_000);
    assertThat(scene.pings).isEqualTo(1);
  }

  @Test
  void await_fromManyThreads_wakesEachOnce() throws InterruptedException {
    AtomicInteger wakes = new AtomicInteger();
    AtomicLong clock = new AtomicLong(100);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 5_000; i++) {
                  barrier.await(clock.incrementAndGet(), wakes::incrementAndGet);
                }
              }));
    }
    while (wakes.get() < 20_000
        && (threads.stream().anyMatch(Thread::isAlive) || barrier.waiting() > 0)) {
      scene.shard.barrierAnswered(clock.get());
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wakes.get()).isEqualTo(20_000);
    assertThat(barrier.waiting()).isZero();
  }

  @Test
  void open_afterAnUnansweredPing_sendsAnother() {
    barrier.await(200, () -> woken.add("a"));
    scene.shard.close();
    scene.open(300);
    barrier.await(400, () -> woken.add("b"));
    assertThat(scene.pings).isEqualTo(2);
  }

  @Test
  void afterBarriers_runsOnce_whenEveryOpenShardHasSeenAllOrClosed() {
    Shard other = scene.coherence.shards().get(1);
    assertThat(scene.coherence.afterBarriers(() -> woken.add("a"))).isTrue();
    scene.shard.barrierAnswered(System.nanoTime());
    assertThat(woken).isEmpty();
    other.close();
    assertThat(woken).containsExactly("a");
    assertThat(scene.coherence.afterBarriers(() -> woken.add("b"))).isTrue();
    scene.shard.barrierAnswered(System.nanoTime());
    assertThat(woken).containsExactly("a", "b");
    scene.shard.close();
    assertThat(scene.coherence.afterBarriers(() -> woken.add("c"))).isFalse();
    assertThat(woken).containsExactly("a", "b");
  }
}

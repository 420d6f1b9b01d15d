package dev.nearside.proxy.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

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
  void open_afterAnUnansweredPing_sendsAnother() {
    barrier.await(200, () -> woken.add("a"));
    scene.shard.close();
    scene.open(300);
    barrier.await(400, () -> woken.add("b"));
    assertThat(scene.pings).isEqualTo(2);
  }
}

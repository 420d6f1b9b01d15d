package dev.nearside.proxy.tier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.tier.redis.EvictingRedis;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

class HotKeysTest {
  private static final int KEYS = 20_000;

  /** Answers when the test says so. */
  private static final class SlowRedis implements EvictingRedis {
    final Queue<CompletableFuture<Long>> unanswered = new ConcurrentLinkedQueue<>();
    final AtomicInteger named = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();
    final AtomicInteger rounds = new AtomicInteger();

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public CompletionStage<Boolean> evictsByUse() {
      rounds.incrementAndGet();
      return CompletableFuture.completedStage(true);
    }

    @Override
    public CompletionStage<Long> touch(List<byte[]> names) {
      CompletableFuture<Long> answer = new CompletableFuture<>();
      unanswered.add(answer);
      named.addAndGet(names.size());
      most.accumulateAndGet(unanswered.size(), Math::max);
      return answer;
    }
  }

  private final LocalTier local = new LocalTier(1 << 24, 4096);
  private final SlowRedis redis = new SlowRedis();
  private final LongAdder touched = new LongAdder();
  private final HotKeys hot = new HotKeys(local, redis, 0, touched);

  private void serve(String name) {
    LookupKey key = new LookupKey().set(0, name.getBytes(StandardCharsets.UTF_8));
    Entry token = local.token(key, 0, 0, new Flight(System.nanoTime()));
    local.begin(token);
    local.publish(token, "+v\r\n".getBytes(StandardCharsets.UTF_8), Long.MAX_VALUE / 2);
    Objects.requireNonNull(local.find(key)).serve();
  }

  @Test
  void tell_manyHotKeys_waitsForAnswers_andNamesThemAll() {
    for (int i = 0; i < KEYS; i++) {
      serve("k" + i);
    }
    hot.tell();
    while (redis.named.get() < KEYS) {
      Waiting.until("more are named", () -> !redis.unanswered.isEmpty());
      redis.unanswered.remove().complete(1L);
    }
    assertThat(redis.most.get()).isBetween(1, HotKeys.MOST_UNANSWERED);
    assertThat(touched.sum()).isEqualTo(KEYS);
  }

  @Test
  void tell_whileARoundWaitsForAnswers_beginsNoOther() {
    for (int i = 0; i < KEYS; i++) {
      serve("k" + i);
    }
    hot.tell();
    Waiting.until("it waits", () -> redis.unanswered.size() == HotKeys.MOST_UNANSWERED);
    hot.tell();
    assertThat(redis.rounds.get()).isEqualTo(1);
    redis.unanswered.forEach(each -> each.completeExceptionally(new IllegalStateException("gone")));
    redis.unanswered.clear();
    Waiting.until("a failure makes room too", () -> !redis.unanswered.isEmpty());
  }
}

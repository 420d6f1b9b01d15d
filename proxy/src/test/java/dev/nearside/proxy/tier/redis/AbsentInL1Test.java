package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import io.prometheus.client.CollectorRegistry;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AbsentInL1Test {
  private static final long HOUR_NS = Duration.ofHours(1).toNanos();

  private final LocalTier local = new LocalTier(1 << 20, 1 << 20);
  private final Coherence coherence =
      new Coherence(
          local, List.of(0), Duration.ofHours(1), new Metrics(new CollectorRegistry(), List.of()));
  private final Shard shard = coherence.shards().getFirst();
  private final AbsentInL1 absent = new AbsentInL1(coherence.shards(), 0);

  @Test
  void row_isForgotten_andNoOther() {
    hold("a");
    hold("b");
    absent.row(bytes("a"));
    assertThat(isHeld("a")).isFalse();
    assertThat(isHeld("b")).isTrue();
  }

  @Test
  void rows_few_areForgotten_andNoOther() {
    hold("a");
    hold("b");
    absent.rows(Set.of(bytes("a")));
    assertThat(isHeld("a")).isFalse();
    assertThat(isHeld("b")).isTrue();
  }

  @Test
  void rows_many_everythingIsForgottenAtOnce() {
    hold("a");
    hold("key:1");
    Set<ByteBuffer> many =
        IntStream.range(0, 1_000).mapToObj(i -> bytes("key:" + i)).collect(Collectors.toSet());
    absent.rows(many);
    assertThat(isHeld("key:1")).isFalse();
    assertThat(isHeld("a")).isFalse();
  }

  @Test
  void row_ofADatabaseThatIsNotHeld_isNothing() {
    hold("a");
    new AbsentInL1(coherence.shards(), 3).row(bytes("a"));
    assertThat(isHeld("a")).isTrue();
  }

  private void hold(String name) {
    Entry token = local.token(key(name), shard.epoch(), 0, new Flight(System.nanoTime()));
    assertThat(local.begin(token)).isNull();
    assertThat(local.publish(token, null, System.nanoTime() + HOUR_NS)).isTrue();
  }

  private boolean isHeld(String name) {
    return shard.peek(key(name)) != null;
  }

  private static LookupKey key(String name) {
    return new LookupKey().set(0, name.getBytes(UTF_8));
  }

  private static ByteBuffer bytes(String name) {
    return ByteBuffer.wrap(name.getBytes(UTF_8));
  }
}

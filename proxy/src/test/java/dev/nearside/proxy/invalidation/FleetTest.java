package dev.nearside.proxy.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.telemetry.InvalidationScope;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import io.prometheus.client.CollectorRegistry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sidecars on a bus that loses what the test says. */
class FleetTest {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Gives each message to all members at once, unless it is told otherwise. */
  private static final class TestingBus implements FleetBus {
    final List<Listener> members = new ArrayList<>();
    final List<byte[]> published = new ArrayList<>();
    boolean loses;
    boolean refuses;

    @Override
    public CompletionStage<?> publish(byte[] message) {
      if (refuses) {
        return CompletableFuture.failedStage(new IllegalStateException("the bus is away"));
      }
      published.add(message);
      if (!loses) {
        members.forEach(member -> member.received(message));
      }
      return CompletableFuture.completedStage(1L);
    }
  }

  /** No key has a tag. */
  private static final class NoTags implements TagStore {
    @Override
    public CompletionStage<List<byte[]>> dropResults(byte[] tag) {
      return CompletableFuture.completedStage(List.of());
    }

    @Override
    public CompletionStage<Boolean> add(byte[] tag, byte[] key) {
      return CompletableFuture.completedStage(false);
    }

    @Override
    public CompletionStage<Page> page(byte[] tag, String from) {
      return CompletableFuture.completedStage(new Page(List.of(), null));
    }
  }

  private final TestingBus bus = new TestingBus();
  private final List<Member> all = new ArrayList<>();

  private final class Member {
    final LocalTier local = new LocalTier(1 << 20, 1 << 20);
    final Metrics metrics = new Metrics(new CollectorRegistry(), List.of());
    final Coherence coherence = new Coherence(local, List.of(0), PATIENCE, metrics);
    final Shard shard = coherence.shards().getFirst();
    final Invalidation invalidation =
        new Invalidation(coherence, Namespaces.of(List.of()), bus, new NoTags(), PATIENCE, metrics);

    Member() {
      coherence.setMode(L1Mode.ON);
      shard.open(System.nanoTime(), () -> {});
      bus.members.add(invalidation.fleet());
      all.add(this);
    }

    void hold(String name) {
      Entry token =
          local.token(key(name), shard.epochOf(key(name)), 0, new Flight(System.nanoTime()));
      local.begin(token);
      local.publish(token, bytes("+v\r\n"), System.nanoTime() + PATIENCE.toNanos());
    }

    boolean holds(String name) {
      shard.answered(System.nanoTime());
      Shard.Found found = new Shard.Found();
      long nowNs = System.nanoTime();
      return shard.look(key(name), nowNs, nowNs - PATIENCE.toNanos(), found) == Shard.Verdict.HIT;
    }

    Invalidation.Outcome forget(String name) throws Exception {
      CompletableFuture<Invalidation.Outcome> outcome = new CompletableFuture<>();
      invalidation.forget(
          InvalidationScope.FLEET, new Target.Keys(List.of(bytes(name))), outcome::complete);
      return outcome.get(20, TimeUnit.SECONDS);
    }

    long repairs(String cause) {
      return metrics.counter(Metric.FLEET_REPAIRS, cause).sum();
    }
  }

  private static LookupKey key(String name) {
    return new LookupKey().set(0, bytes(name));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @AfterEach
  void close() {
    all.forEach(member -> member.invalidation.fleet().close());
  }

  @Test
  void forget_toldToTheFleet_isForgottenByAll() throws Exception {
    Member one = new Member();
    Member other = new Member();
    one.hold("a");
    other.hold("a");
    other.hold("b");
    assertThat(one.forget("a")).isEqualTo(new Invalidation.Outcome(1, null));
    assertThat(one.holds("a")).isFalse();
    Waiting.until("the other has forgotten it", () -> !other.holds("a"));
    assertThat(other.holds("b")).isTrue();
    assertThat(one.repairs("stranger") + other.repairs("stranger")).isZero();
  }

  @Test
  void message_thatWasLost_isNoticedByTheNext() throws Exception {
    Member one = new Member();
    Member other = new Member();
    one.forget("x");
    other.hold("a");
    bus.loses = true;
    one.forget("a");
    assertThat(other.holds("a")).isTrue();
    bus.loses = false;
    one.forget("y");
    Waiting.until("the gap is noticed", () -> other.repairs("gap") == 1);
    assertThat(other.holds("a")).isFalse();
  }

  @Test
  void message_thatWasLostAsTheLast_isNoticedByTheAnnouncement() throws Exception {
    Member one = new Member();
    Member other = new Member();
    one.forget("x");
    other.hold("a");
    bus.loses = true;
    one.forget("a");
    bus.loses = false;
    one.invalidation.fleet().announce();
    Waiting.until("the gap is noticed", () -> other.repairs("gap") == 1);
    assertThat(other.holds("a")).isFalse();
    assertThat(one.repairs("gap")).isZero();
  }

  @Test
  void message_thatWasTheFirstAndLost_isNoticedByTheAnnouncement() throws Exception {
    Member one = new Member();
    Member other = new Member();
    other.hold("a");
    bus.loses = true;
    one.forget("a");
    bus.loses = false;
    one.invalidation.fleet().announce();
    Waiting.until("the stranger is noticed", () -> other.repairs("stranger") == 1);
    assertThat(other.holds("a")).isFalse();
  }

  @Test
  void message_thatCouldNotBeSent_isMadeUpForOnceTheBusIsBack() throws Exception {
    Member one = new Member();
    Member other = new Member();
    one.hold("a");
    other.hold("a");
    one.forget("x");
    bus.refuses = true;
    Invalidation.Outcome outcome = one.forget("a");
    assertThat(outcome.shortfall())
        .isEqualTo("TRYAGAIN invalidated here only: the fleet could not be told: the bus is away");
    assertThat(one.holds("a")).isFalse();
    assertThat(other.holds("a")).isTrue();
    bus.refuses = false;
    one.invalidation.fleet().announce();
    Waiting.until("it is made up for", () -> !other.holds("a"));
  }

  @Test
  void message_ofANewerVersion_isAGap_onceForEachNumber() throws Exception {
    Member one = new Member();
    Member other = new Member();
    other.hold("a");
    other.invalidation.fleet().received(newer(5, 1));
    Waiting.until("the stranger is noticed", () -> other.repairs("stranger") == 1);
    assertThat(other.holds("a")).isFalse();
    other.hold("b");
    other.invalidation.fleet().received(newer(5, 2));
    Waiting.until("the gap is noticed", () -> other.repairs("gap") == 1);
    assertThat(other.holds("b")).isFalse();
    other.hold("c");
    other.hold("d");
    other.invalidation.fleet().received(newer(5, 2));
    one.forget("d");
    Waiting.until("what came behind it was worked off", () -> !other.holds("d"));
    assertThat(other.holds("c")).isTrue();
    assertThat(other.metrics.counter(Metric.FLEET_MESSAGES, "bad").sum()).isEqualTo(3);
  }

  @Test
  void message_withoutANumber_isIgnored() throws Exception {
    Member one = new Member();
    Member other = new Member();
    other.hold("a");
    other.hold("b");
    other.invalidation.fleet().received(bytes("hello"));
    one.forget("b");
    Waiting.until("what came behind it was worked off", () -> !other.holds("b"));
    assertThat(other.holds("a")).isTrue();
  }

  /** Its kind is not known yet, nor what follows. */
  private static byte[] newer(long sender, long number) {
    return ByteBuffer.allocate(24)
        .put((byte) 2)
        .putLong(sender)
        .putLong(number)
        .put((byte) 'Z')
        .array();
  }

  @Test
  void announce_byWhoeverNeverSent_isSilent() {
    Member one = new Member();
    one.invalidation.fleet().announce();
    assertThat(bus.published).isEmpty();
  }

  @Test
  void subscribed_emptiesL1AndKillsFlights() {
    Member one = new Member();
    one.hold("a");
    Entry token =
        one.local.token(key("b"), one.shard.epochOf(key("b")), 0, new Flight(System.nanoTime()));
    one.local.begin(token);
    one.invalidation.fleet().subscribed();
    one.local.publish(token, bytes("+v\r\n"), System.nanoTime() + PATIENCE.toNanos());
    assertThat(one.holds("a") || one.holds("b")).isFalse();
    one.hold("c");
    assertThat(one.holds("c")).isTrue();
    Waiting.until("the memory is back", () -> one.local.find(key("a")) == null);
    assertThat(one.holds("c")).as("put after it").isTrue();
  }

  @Test
  void forget_everyEntryPutBefore_survivesNoConcurrentTraffic() throws Exception {
    Member one = new Member();
    for (int i = 0; i < 2_000; i++) {
      one.hold("old:" + i);
    }
    Thread traffic =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; i < 4_000; i++) {
                one.hold("new:" + i);
                one.coherence.invalidate(bytes("new:" + (i - 50)));
              }
            });
    CompletableFuture<Invalidation.Outcome> outcome = new CompletableFuture<>();
    one.invalidation.forget(
        InvalidationScope.LOCAL, new Target.Prefix(bytes("old:")), outcome::complete);
    assertThat(outcome.get(20, TimeUnit.SECONDS).count()).isEqualTo(2_000);
    for (int i = 0; i < 2_000; i++) {
      assertThat(one.local.find(key("old:" + i))).isNull();
    }
    traffic.join();
    assertThat(one.holds("new:3999")).isTrue();
  }
}

package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.config.NearsideConfig.UnheldReads;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.redis.TrackedConnection.ReadListener;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.RedisCommand;
import io.prometheus.client.CollectorRegistry;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A read of a key on a connection whose answers are given by hand. */
class TrackedLinkTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final List<RedisCommand<byte[], byte[], ?>> sent = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(0);
  private final Metrics metrics = new Metrics(new CollectorRegistry(), List.of());
  private final Coherence coherence =
      new Coherence(new LocalTier(1 << 20, 4096), List.of(0), SECOND, metrics);
  private final TrackedLink link =
      new TrackedLink(
          connection(),
          coherence.shards().getFirst(),
          (lost, end, why) -> {},
          List.of(),
          new TrackedSettings(
              SECOND, SECOND, SECOND, SECOND, 1000, false, true, UnheldReads.ORDERED),
          new TrackedContext(
              scheduler, new RelayNodes(), new ConnectPace(), Clocks.SYSTEM, metrics));

  @BeforeEach
  void read() {
    link.read(bytes("k"), new Told());
  }

  @AfterEach
  void end() {
    scheduler.shutdownNow();
  }

  @Test
  void read_answeredInOrder_tellsValueAndTtl() {
    answer(0, "v");
    answer(1, -1);

    assertThat(told).containsExactly("v -1");
  }

  @Test
  void read_ofNoKey_tellsNil() {
    answer(0, (String) null);
    answer(1, -2);

    assertThat(told).containsExactly("null -2");
  }

  @Test
  void read_whosePttlIsAnsweredFirst_hasFailedAndTellsNoNil() {
    answer(1, -1);
    answer(0, "v");

    assertThat(told).containsExactly("failed");
  }

  @Test
  void pass_tellsTheValue() {
    pass();
    answer(2, "v");

    assertThat(told).containsExactly("v -1");
  }

  @Test
  void pass_ofAKeyThatHoldsNoString_isRefused_andTheNextMayPass() {
    pass();
    refuse(2, "WRONGTYPE Operation against a key holding the wrong kind of value");

    assertThat(told).containsExactly("failed");
  }

  /** As an upstream does that does not know GETEX, or takes no writes for now. */
  @Test
  void pass_refused_noneIsTriedForAWhile() {
    pass();
    refuse(2, "NOREPLICAS Not enough good replicas to write.");

    assertThat(told).containsExactly("unfit", "failed");
  }

  @Test
  void pass_unanswered_noneIsTriedForAWhile() {
    pass();
    sent.get(2).cancel();

    assertThat(told).containsExactly("unfit", "failed");
  }

  @Test
  void roundTrip_whereNothingWasAsked_isNotKnown() {
    assertThat(link.roundTripNs()).isZero();
  }

  private void pass() {
    link.pass(bytes("k"), new Told(), () -> told.add("unfit"));
  }

  private void refuse(int command, String error) {
    sent.get(command).getOutput().setError(error);
    sent.get(command).complete();
  }

  private void answer(int command, @Nullable String value) {
    sent.get(command).getOutput().set(value == null ? null : ByteBuffer.wrap(bytes(value)));
    sent.get(command).complete();
  }

  private void answer(int command, long value) {
    sent.get(command).getOutput().set(value);
    sent.get(command).complete();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Keeps what is dispatched, and does nothing else. */
  @SuppressWarnings("unchecked") // a proxy of the very interface
  private StatefulRedisConnection<byte[], byte[]> connection() {
    return (StatefulRedisConnection<byte[], byte[]>)
        Proxy.newProxyInstance(
            TrackedLinkTest.class.getClassLoader(),
            new Class<?>[] {StatefulRedisConnection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("dispatch")) {
                sent.addAll((List<RedisCommand<byte[], byte[], ?>>) arguments[0]);
              }
              return null;
            });
  }

  private final class Told implements ReadListener {
    @Override
    public void read(byte @Nullable [] value, long ttlMillis) {
      String text = value == null ? "null" : new String(value, StandardCharsets.UTF_8);
      told.add(text + " " + ttlMillis);
    }

    @Override
    public void failed() {
      told.add("failed");
    }
  }
}

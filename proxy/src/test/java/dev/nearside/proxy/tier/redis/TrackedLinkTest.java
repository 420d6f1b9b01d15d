package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.config.NearsideConfig.UnheldReads;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.redis.TrackedConnection.ReadListener;
import io.prometheus.client.CollectorRegistry;
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

  private final SentCommands sent = new SentCommands();
  private final List<String> told = new ArrayList<>();
  private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(0);
  private final Metrics metrics = new Metrics(new CollectorRegistry(), List.of());
  private final Coherence coherence =
      new Coherence(new LocalTier(1 << 20, 4096), List.of(0), SECOND, metrics);
  private final TrackedLink link =
      new TrackedLink(
          sent.connection(),
          coherence.shards().getFirst(),
          (lost, end, why) -> {},
          List.of(),
          new TrackedSettings(
              SECOND, SECOND, SECOND, SECOND, 1000, false, true, UnheldReads.ORDERED, null),
          new TrackedContext(
              scheduler, new RelayNodes(), new ConnectPace(), Clocks.SYSTEM, metrics));

  @BeforeEach
  void read() {
    link.read(SentCommands.bytes("k"), new Told());
  }

  @AfterEach
  void end() {
    scheduler.shutdownNow();
  }

  @Test
  void read_answeredInOrder_tellsValueAndTtl() {
    sent.answer(0, "v");
    sent.answer(1, -1);

    assertThat(told).containsExactly("v -1");
  }

  @Test
  void read_ofNoKey_tellsNil() {
    sent.answer(0, (String) null);
    sent.answer(1, -2);

    assertThat(told).containsExactly("null -2");
  }

  @Test
  void read_whosePttlIsAnsweredFirst_hasFailedAndTellsNoNil() {
    sent.answer(1, -1);
    sent.answer(0, "v");

    assertThat(told).containsExactly("failed");
  }

  @Test
  void pass_tellsTheValue() {
    pass();
    sent.answer(2, "v");

    assertThat(told).containsExactly("v -1");
  }

  @Test
  void pass_ofAKeyThatHoldsNoString_isRefused_andTheNextMayPass() {
    pass();
    sent.refuse(2, "WRONGTYPE Operation against a key holding the wrong kind of value");

    assertThat(told).containsExactly("failed");
  }

  /** As an upstream does that does not know GETEX, or takes no writes for now. */
  @Test
  void pass_refused_noneIsTriedForAWhile() {
    pass();
    sent.refuse(2, "NOREPLICAS Not enough good replicas to write.");

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
    link.pass(SentCommands.bytes("k"), new Told(), () -> told.add("unfit"));
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

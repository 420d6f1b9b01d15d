package dev.nearside.proxy.tier;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.DatabaseFill.Outcome;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import io.prometheus.client.CollectorRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SharedFillsTest {
  private static final byte[] NAME = "prompt:7".getBytes(UTF_8);
  private static final long MAX_AGE_NS = 1000;

  private final Coherence coherence =
      new Coherence(
          new LocalTier(1 << 20, 1 << 20),
          List.of(0),
          Duration.ofSeconds(1),
          new Metrics(new CollectorRegistry(), List.of()));
  private long nowNs = 5000;
  private final SharedFills fills = new SharedFills(coherence.fences(), MAX_AGE_NS, () -> nowNs);
  private final List<CompletableFuture<Outcome>> begun = new ArrayList<>();
  private final List<Runnable> alone = new ArrayList<>();

  private CompletableFuture<Outcome> join(long floorNs) {
    return fills.join(
        NAME,
        floorNs,
        stopSharing -> {
          alone.add(stopSharing);
          begun.add(new CompletableFuture<>());
          return begun.getLast();
        });
  }

  private Touch write() {
    return Touch.write(coherence, List.of(new LookupKey().set(0, NAME)));
  }

  @Test
  void second_joinsTheFirst_andNobodyOnceItHasEnded() {
    CompletableFuture<Outcome> first = join(4000);
    nowNs += 10;
    assertThat(join(4000)).isSameAs(first);
    assertThat(begun).hasSize(1);
    assertThat(fills.size()).isEqualTo(1);
    begun.getFirst().complete(Outcome.unstored(Answer.Miss.INSTANCE));
    assertThat(first).isCompleted();
    assertThat(fills.size()).isZero();
    assertThat(join(4000)).isNotSameAs(first);
  }

  @Test
  void readerWhoHasHeardSomethingSince_doesNotJoin() {
    CompletableFuture<Outcome> first = join(4000);
    assertThat(join(5001)).isNotSameAs(first);
    assertThat(begun).hasSize(2);
  }

  @Test
  void oldOne_isNotJoined() {
    CompletableFuture<Outcome> first = join(4000);
    nowNs += MAX_AGE_NS + 1;
    assertThat(join(4000)).isNotSameAs(first);
  }

  @Test
  void begunBeforeAWrite_isNotJoinedBehindIt() {
    CompletableFuture<Outcome> first = join(4000);
    Touch write = write();
    write.forwarded();
    write.lost();
    assertThat(join(4000)).isNotSameAs(first);
  }

  /** It may have read what the write is about to replace. */
  @Test
  void begunDuringAWrite_isNotJoinedBehindIt() {
    Touch write = write();
    write.forwarded();
    CompletableFuture<Outcome> first = join(4000);
    write.lost();
    assertThat(join(4000)).isNotSameAs(first);
  }

  @Test
  void begunBeforeAFlush_isNotJoinedBehindIt() {
    CompletableFuture<Outcome> first = join(4000);
    Touch flush = Touch.flush(coherence);
    flush.forwarded();
    flush.lost();
    assertThat(join(4000)).isNotSameAs(first);
  }

  @Test
  void closedToOthers_isNotJoined_andTheNextOneIs() {
    CompletableFuture<Outcome> first = join(4000);
    alone.getFirst().run();
    CompletableFuture<Outcome> second = join(4000);
    assertThat(second).isNotSameAs(first);
    alone.getFirst().run();
    assertThat(join(4000)).isSameAs(second);
    begun.getFirst().complete(Outcome.unstored(Answer.Miss.INSTANCE));
    assertThat(first).isCompleted();
    assertThat(fills.size()).isEqualTo(1);
  }

  @Test
  void fault_reachesWhoeverJoined() {
    CompletableFuture<Outcome> broken =
        fills.join(
            NAME,
            4000,
            stopSharing -> {
              throw new IllegalStateException("ours");
            });
    assertThat(broken).isCompletedExceptionally();
    assertThat(fills.size()).isZero();
  }
}

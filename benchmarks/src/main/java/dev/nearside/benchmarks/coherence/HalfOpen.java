package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Outside writes while the tracked connection is there and says nothing. */
final class HalfOpen {
  private static final Duration BEFORE = Duration.ofMillis(500);
  private static final Duration STALL = Duration.ofMillis(1500);
  private static final Duration PACE = Duration.ofMillis(20);
  private static final int WRITES = 120;

  private enum Fault {
    SWALLOWED("delivers nothing any more, in both directions"),
    STALLED("delivers everything 1.5 s later");

    private final String words;

    Fault(String words) {
      this.words = words;
    }
  }

  private record Once(Probe.Found found, double untilLocalMs) {}

  private final Table table =
      new Table(
          "Tracked connection half-open",
          """
          %d writes at Redis, one every 20 ms, whoever has seen what; after half a second the tracked connection, whose sockets
          stay open, falls silent. Staleness as above, of the oldest write that a read did not show. `coherence.max-staleness`
          is 1 s, its default, and the target. `l1.skip-churning` is off, so that the key is held in spite of the writes.\
          """
              .formatted(WRITES),
          "tracked connection",
          "repetitions",
          "writes",
          "unseen by a later read",
          "longest of a repetition ms (median)",
          "max ms",
          "reads",
          "errors",
          "values that went back",
          "until local again ms (median)",
          "max");

  Table run(Site.Opening opening) throws IOException, InterruptedException {
    try (Site site = opening.open()) {
      EmbeddedRedis redis = site.redis();
      Hop hop = site.hop(redis.port(), Duration.ZERO);
      EmbeddedNearside sidecar = site.sidecar(hop.port(), "--set", "l1.skip-churning=false");
      for (Fault fault : Fault.values()) {
        List<Once> all = new ArrayList<>();
        for (int i = 0; i < site.effort().of(4, 1); i++) {
          all.add(once(redis, hop, sidecar, fault));
        }
        report(site, fault, all);
      }
    }
    return table;
  }

  private static Once once(EmbeddedRedis redis, Hop hop, EmbeddedNearside sidecar, Fault fault)
      throws IOException, InterruptedException {
    LocalHits.await(sidecar, "watched");
    double generation = LocalHits.generation(sidecar);
    CompletableFuture<Double> again =
        CompletableFuture.supplyAsync(() -> strike(hop, sidecar, fault, generation));
    Probe.Found found = new Probe(redis.port(), sidecar.port(), "watched").atPace(WRITES, PACE);
    return new Once(found, again.join());
  }

  private static double strike(Hop hop, EmbeddedNearside sidecar, Fault fault, double generation) {
    Poll.pause(BEFORE);
    long beganNs = System.nanoTime();
    if (fault == Fault.SWALLOWED) {
      hop.swallowTracked();
    } else {
      hop.stallTracked(true);
      Poll.pause(STALL);
      hop.stallTracked(false);
    }
    try {
      // a connection that was stalled may go on; one that is dead must have been replaced
      double newerThan = fault == Fault.SWALLOWED ? generation : -1;
      LocalHits.awaitAfter(sidecar, "calm", newerThan);
      return (System.nanoTime() - beganNs) / 1e6;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void report(Site site, Fault fault, List<Once> all) {
    List<Double> stale = all.stream().flatMap(once -> once.found.staleUs().stream()).toList();
    List<Double> local = all.stream().map(Once::untilLocalMs).toList();
    table.raw(fault.words + ": staleness of each write µs", stale);
    table.raw(fault.words + ": until local again ms", local);
    Quantiles longest =
        Quantiles.of(all.stream().map(once -> Quantiles.of(once.found.staleUs()).max()).toList());
    site.say("%s: max %.0f ms", fault.words, longest.max() / 1e3);
    table.row(
        fault.words,
        Words.count(all.size()),
        Words.count(stale.size()),
        Words.count(stale.stream().filter(time -> time > 0).count()),
        Words.whole(longest.median() / 1e3),
        Words.whole(longest.max() / 1e3),
        Words.count(all.stream().mapToLong(once -> once.found.reads()).sum()),
        Words.count(all.stream().mapToLong(once -> once.found.errors()).sum()),
        Words.count(all.stream().mapToLong(once -> once.found.wentBack()).sum()),
        Words.whole(Quantiles.of(local).median()),
        Words.whole(Quantiles.of(local).max()));
  }
}

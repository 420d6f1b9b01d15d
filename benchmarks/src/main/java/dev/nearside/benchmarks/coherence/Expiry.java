package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A hot key whose entry expires again and again, with early refresh and without. */
final class Expiry {
  private static final int CLIENTS = 20;
  private static final int ROUNDS = 3;
  private static final Duration DELAY = Duration.ofMillis(5);
  private static final double WAITED_MS = 8; // most of a round trip: not answered from memory

  private final Table table =
      new Table(
          "A hot key expires in memory",
          """
          %d clients read one key every 2 ms; `l1-ttl` is 300 ms, Redis 5 ms away in each direction. A read that took more
          than %.0f ms has waited for Redis. Medians of %d alternating rounds of 3 s, ten expiries each.\
          """
              .formatted(CLIENTS, WAITED_MS, ROUNDS),
          "early refresh",
          "reads",
          "reads at Redis",
          "reads that waited",
          "p50 ms",
          "p99 ms",
          "max ms");

  private record Round(List<Double> ms, double gets) {}

  Table run(Site.Opening opening) throws IOException, InterruptedException {
    try (Site site = opening.open()) {
      EmbeddedRedis redis = site.redis();
      RedisConnection direct = site.connect(redis.port());
      direct.call("SET", "hot:1", "value");
      int near = site.hop(redis.port(), DELAY).port();
      EmbeddedNearside with = sidecar(site, near, true);
      EmbeddedNearside without = sidecar(site, near, false);
      List<Round> refreshed = new ArrayList<>();
      List<Round> expired = new ArrayList<>();
      for (int i = 0; i < site.effort().of(ROUNDS, 1); i++) {
        refreshed.add(round(site, direct, with));
        expired.add(round(site, direct, without));
      }
      row(site, "on", refreshed);
      row(site, "off", expired);
    }
    return table;
  }

  private static EmbeddedNearside sidecar(Site site, int near, boolean early)
      throws IOException, InterruptedException {
    Path file =
        Files.writeString(
            site.directory().resolve("expiry-" + early + ".yaml"),
            """
            l1:
              early-refresh: %s
            coherence:
              audit-interval: 0s
            namespaces:
              hot:
                keys: hot:*
                l1-ttl: 300ms
            """
                .formatted(early));
    return site.sidecar(near, "--config", file.toString());
  }

  private static Round round(Site site, RedisConnection direct, EmbeddedNearside sidecar)
      throws IOException, InterruptedException {
    Crowd crowd = Crowd.start(sidecar.port(), "hot:1", CLIENTS, Duration.ofMillis(2));
    Poll.pause(Duration.ofMillis(500));
    long beganNs = System.nanoTime();
    double before = Info.gets(direct);
    Poll.pause(Duration.ofMillis(site.effort().of(3000, 700)));
    double gets = Info.gets(direct) - before;
    List<Crowd.Read> reads = crowd.end(read -> read.sentNs() - beganNs >= 0);
    return new Round(reads.stream().map(Crowd.Read::ms).toList(), gets);
  }

  private void row(Site site, String what, List<Round> rounds) {
    List<Double> gets = rounds.stream().map(Round::gets).toList();
    List<Double> waited =
        rounds.stream()
            .map(round -> (double) round.ms.stream().filter(ms -> ms > WAITED_MS).count())
            .toList();
    table.raw(what + ": reads at Redis", gets);
    table.raw(what + ": reads that waited", waited);
    site.say("early refresh %s: %.0f reads waited", what, Quantiles.of(waited).median());
    table.row(
        what,
        Words.count(rounds.stream().mapToLong(round -> round.ms.size()).sum()),
        Words.whole(Quantiles.of(gets).median()),
        Words.whole(Quantiles.of(waited).median()),
        Words.two(median(rounds, 0.5)),
        Words.two(median(rounds, 0.99)),
        Words.two(
            rounds.stream().mapToDouble(round -> Quantiles.of(round.ms).max()).max().orElse(0)));
  }

  private static double median(List<Round> rounds, double share) {
    return Quantiles.of(rounds.stream().map(round -> Quantiles.of(round.ms).at(share)).toList())
        .median();
  }
}

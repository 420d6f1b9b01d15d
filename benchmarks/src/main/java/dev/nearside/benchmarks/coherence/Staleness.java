package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** How long writes made elsewhere stay unseen: by a sidecar, a replica, and Redis itself. */
final class Staleness {
  private static final int ROUNDS = 3;
  private static final int EVICTING_TABLE = 1000;

  /** Who answers the reads. */
  private enum Reader {
    NEARSIDE("sidecar"),
    REPLICA("replica of Redis"),
    REDIS("Redis itself");

    private final String words;

    Reader(String words) {
      this.words = words;
    }
  }

  /** The weather: delay in each direction, load beside, and a server that forgets whom to tell. */
  private record Weather(String words, int delayMs, boolean busy, boolean evicting, int writes) {
    Weather of(int otherWrites) {
      return new Weather(words, delayMs, busy, evicting, otherWrites);
    }
  }

  private record Round(Probe.Found found, double roundTripUs, double localShare) {}

  private final Table table =
      new Table(
          "Staleness of writes made at Redis",
          """
          A writer at Redis itself sets a key to a counter when both pollers have shown the last value, after a random
          pause; two pollers read it as fast as they are answered. Staleness of a write: from its acknowledgement to the
          sending of the last read that was sent after it and did not show it, 0 if none was; *until reply*: to that read's
          reply. p50 and p99 are medians of %d alternating rounds, the maximum is of all. Delay is that of a hop between
          Redis and the reader, in each direction; a round trip is the median of PINGs through it, in the same round, under
          the same load. Busy: beside it, batches of 32 INCR through the sidecar (with the others: at Redis) and of 32 GET at Redis, each in
          a closed loop. `l1.skip-churning` is off, so that the key is held in spite of its writes. Evicting: `tracking-table-max-keys %d` and 5000 other keys read through the sidecar.\
          """
              .formatted(ROUNDS, EVICTING_TABLE),
          "weather",
          "read from",
          "writes",
          "round trip µs",
          "p50 µs",
          "p99 µs",
          "max µs",
          "p50, round trips",
          "p99, round trips",
          "max, round trips",
          "p99 until reply µs",
          "read p50 µs",
          "reads",
          "answered locally",
          "values that went back");

  Table run(Site.Opening opening) throws IOException, InterruptedException {
    for (Weather weather : weathers(opening.effort())) {
      try (Site site = opening.open()) {
        measure(site, weather);
      }
    }
    return table;
  }

  private static List<Weather> weathers(Effort effort) {
    if (effort == Effort.SHORT) {
      return List.of(new Weather("loopback", 0, false, false, 50));
    }
    return Stream.of(
            new Weather("loopback", 0, false, false, 700),
            new Weather("1 ms each way", 1, false, false, 500),
            new Weather("5 ms each way", 5, false, false, 250),
            new Weather("loopback, busy", 0, true, false, 300),
            new Weather("1 ms each way, busy", 1, true, false, 150),
            new Weather("5 ms each way, busy", 5, true, false, 100),
            new Weather("loopback, evicting", 0, false, true, 200))
        .map(weather -> weather.of(effort.of(weather.writes, 1)))
        .toList();
  }

  private void measure(Site site, Weather weather) throws IOException, InterruptedException {
    EmbeddedRedis redis = site.redis();
    int near = weather.delayMs == 0 ? redis.port() : hop(site, redis, weather);
    EmbeddedRedis replica =
        site.redis("--replicaof", "127.0.0.1 " + near, "--repl-diskless-sync-delay", "0");
    EmbeddedNearside sidecar = site.sidecar(near, "--set", "l1.skip-churning=false");
    Map<Reader, List<Round>> rounds = new EnumMap<>(Reader.class);
    Scene scene = new Scene(redis.port(), near, replica.port(), sidecar);
    awaitReplica(site, replica);
    scene.round(Reader.NEARSIDE, weather.writes / 2 + 1, weather); // compiles what is hot
    for (int i = 0; i < ROUNDS; i++) {
      for (Reader reader : readers(weather)) {
        try (Site load = site.within()) {
          beside(load, weather, reader, scene);
          rounds
              .computeIfAbsent(reader, r -> new ArrayList<>())
              .add(scene.round(reader, weather.writes, weather));
        }
      }
    }
    rounds.forEach((reader, found) -> report(site, weather, reader, found));
  }

  private static int hop(Site site, EmbeddedRedis redis, Weather weather) throws IOException {
    return site.hop(redis.port(), Duration.ofMillis(weather.delayMs)).port();
  }

  private static void awaitReplica(Site site, EmbeddedRedis replica)
      throws IOException, InterruptedException {
    var connection = site.connect(replica.port());
    Poll.until(
        "the replica has synchronised",
        Duration.ofSeconds(30),
        () -> connection.call("INFO", "replication").contains("master_link_status:up"));
  }

  private static List<Reader> readers(Weather weather) {
    return weather.evicting ? List.of(Reader.NEARSIDE) : List.of(Reader.values());
  }

  private static void beside(Site load, Weather weather, Reader reader, Scene scene)
      throws IOException {
    if (weather.evicting) {
      load.connect(scene.redisPort)
          .call("CONFIG", "SET", "tracking-table-max-keys", "" + EVICTING_TABLE);
      load.beside(scene.sidecar.port(), Beside.Kind.GET);
    }
    if (weather.busy) {
      boolean relayed = reader == Reader.NEARSIDE;
      load.beside(relayed ? scene.sidecar.port() : scene.redisPort, Beside.Kind.INCR);
      load.beside(scene.redisPort, Beside.Kind.GET);
    }
    if (weather.busy || weather.evicting) {
      Poll.pause(Duration.ofMillis(700)); // they start
    }
  }

  private record Scene(int redisPort, int near, int replica, EmbeddedNearside sidecar) {
    Round round(Reader reader, int writes, Weather weather)
        throws IOException, InterruptedException {
      int port =
          switch (reader) {
            case NEARSIDE -> sidecar.port();
            case REPLICA -> replica;
            case REDIS -> near;
          };
      double local = sidecar.metric("nearside_requests_total", "way=\"local\"");
      double all = gets();
      long pauseNs =
          1_000_000L * (1 + 8L * weather.delayMs); // four round trips: it is held by then
      double roundTripUs = Probe.roundTripUs(near);
      Probe.Found found = new Probe(redisPort, port, "watched").inTurns(writes, pauseNs);
      local = sidecar.metric("nearside_requests_total", "way=\"local\"") - local;
      return new Round(found, roundTripUs, local / Math.max(1, gets() - all));
    }

    private double gets() throws IOException, InterruptedException {
      return sidecar.metric("nearside_requests_total", "command=\"get\"");
    }
  }

  private void report(Site site, Weather weather, Reader reader, List<Round> rounds) {
    String name = weather.words + ", " + reader.words;
    rounds.forEach(round -> raw(name, round));
    double roundTrip = median(rounds, Round::roundTripUs);
    double p50 = median(rounds, round -> Quantiles.of(round.found.staleUs()).median());
    double p99 = median(rounds, round -> Quantiles.of(round.found.staleUs()).at(0.99));
    double reply = median(rounds, round -> Quantiles.of(round.found.untilReplyUs()).at(0.99));
    double read = median(rounds, round -> Quantiles.of(round.found.readUs()).median());
    double max = rounds.stream().mapToDouble(Staleness::max).max().orElse(0);
    site.say("%s: p50 %.0f µs, p99 %.0f µs, max %.0f µs", name, p50, p99, max);
    table.row(
        weather.words,
        reader.words,
        Words.count(rounds.stream().mapToLong(round -> round.found.staleUs().size()).sum()),
        Words.whole(roundTrip),
        Words.whole(p50),
        Words.whole(p99),
        Words.whole(max),
        Words.two(p50 / roundTrip),
        Words.two(p99 / roundTrip),
        Words.two(max / roundTrip),
        Words.whole(reply),
        Words.whole(read),
        Words.count(rounds.stream().mapToLong(round -> round.found.reads()).sum()),
        reader == Reader.NEARSIDE ? Words.percent(median(rounds, Round::localShare)) : "",
        Words.count(rounds.stream().mapToLong(round -> round.found.wentBack()).sum()));
  }

  private void raw(String name, Round round) {
    Quantiles stale = Quantiles.of(round.found.staleUs());
    table.raw(name + ": round trip µs", round.roundTripUs);
    table.raw(name + ": p50 µs", stale.median());
    table.raw(name + ": p99 µs", stale.at(0.99));
    table.raw(name + ": max µs", stale.max());
    table.raw(name + ": staleness of each write µs", round.found.staleUs());
  }

  private static double max(Round round) {
    return Quantiles.of(round.found.staleUs()).max();
  }

  private static double median(List<Round> rounds, ToDoubleFunction<Round> measure) {
    return Quantiles.of(rounds.stream().mapToDouble(measure).toArray()).median();
  }
}

package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

/** How long it takes until everything is as before a fault. */
final class Recovery {
  private static final String KEY = "watched";
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofSeconds(3);
  private static final int CLIENTS = 8;
  private static final int OWN_CONNECTIONS = 2; // who waits for its start, and who pings

  private final Table table =
      new Table(
          "Recovery",
          """
          One sidecar with the default configuration, %d clients that read without pause but for 5 ms. Redis is killed by
          SIGKILL and started again after 0.8 to 1.5 s; time counts from its first PONG to a direct connection. Local hits are
          seen by the sidecar's own count. Connects are all that the sidecar tried from the kill until its reads were local,
          refused ones included.\
          """
              .formatted(CLIENTS),
          "what",
          "repetitions",
          "median",
          "max",
          "unit");

  Table run(Site.Opening opening) throws IOException, InterruptedException {
    try (Site site = opening.open()) {
      redisKilled(site);
    }
    try (Site site = opening.open()) {
      EmbeddedRedis redis = site.redis();
      EmbeddedNearside sidecar = site.sidecar(redis.port());
      trackedKilled(site, redis, sidecar);
      sidecarStopped(site, redis, sidecar);
      redisStopped(site, redis, sidecar);
    }
    return table;
  }

  private void redisKilled(Site site) throws IOException, InterruptedException {
    EmbeddedRedis redis = site.redis();
    EmbeddedNearside sidecar = site.sidecar(redis.port());
    Crowd crowd = Crowd.start(sidecar.port(), KEY, CLIENTS, Duration.ofMillis(5));
    List<Double> answered = new ArrayList<>();
    List<Double> local = new ArrayList<>();
    List<Double> connects = new ArrayList<>();
    for (int i = 0; i < site.effort().of(10, 1); i++) {
      LocalHits.await(sidecar, KEY);
      double generation = LocalHits.generation(sidecar);
      double failed = failedConnects(sidecar);
      redis.signal("KILL");
      Poll.pause(Duration.ofMillis(ThreadLocalRandom.current().nextLong(800, 1500)));
      int port = redis.port();
      CompletableFuture<EmbeddedRedis> next =
          CompletableFuture.supplyAsync(() -> site.redisAt(port));
      try (Redial direct = new Redial(port)) {
        Poll.until("Redis answers", LIMIT, () -> direct.call("PING").equals("PONG"));
        long backNs = System.nanoTime();
        awaitAnswers(sidecar);
        answered.add((System.nanoTime() - backNs) / 1e6);
        LocalHits.awaitAfter(sidecar, KEY, generation);
        local.add((System.nanoTime() - backNs) / 1e6);
        connects.add(accepted(direct) - OWN_CONNECTIONS + failedConnects(sidecar) - failed);
      }
      redis = next.join();
    }
    crowd.end(read -> true);
    row(site, "Redis killed and back: a GET and a SET succeed again after", answered, "ms");
    row(site, "Redis killed and back: reads are local again after", local, "ms");
    row(site, "Redis killed and back: connects the sidecar tried", connects, "connects");
  }

  private static void awaitAnswers(EmbeddedNearside sidecar)
      throws IOException, InterruptedException {
    try (Redial client = new Redial(sidecar.port())) {
      Poll.until(
          "reads and writes succeed",
          LIMIT,
          () -> {
            client.call("GET", "other");
            return client.call("SET", "other", "1").equals("OK");
          });
    }
  }

  private static double failedConnects(EmbeddedNearside sidecar)
      throws IOException, InterruptedException {
    return sidecar.metric("nearside_upstream_failures_total", "reason=\"connect\"");
  }

  private static double accepted(Redial direct) throws IOException {
    return Info.number(direct.call("INFO", "stats"), "total_connections_received:");
  }

  private void trackedKilled(Site site, EmbeddedRedis redis, EmbeddedNearside sidecar)
      throws IOException, InterruptedException {
    RedisConnection direct = site.connect(redis.port());
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < site.effort().of(20, 1); i++) {
      LocalHits.await(sidecar, KEY);
      double generation = LocalHits.generation(sidecar);
      direct.call("CLIENT", "KILL", "ID", trackedId(direct));
      times.add(LocalHits.awaitAfter(sidecar, KEY, generation));
    }
    row(site, "tracked connection killed: no local hits for", times, "ms");
  }

  private static String trackedId(RedisConnection direct) throws IOException {
    return direct
        .call("CLIENT", "LIST")
        .lines()
        .filter(line -> line.contains("name=nearside-tracked"))
        .map(line -> line.substring("id=".length(), line.indexOf(' ')))
        .findFirst()
        .orElseThrow(() -> new IOException("there is no tracked connection"));
  }

  private void sidecarStopped(Site site, EmbeddedRedis redis, EmbeddedNearside sidecar)
      throws IOException, InterruptedException {
    RedisConnection direct = site.connect(redis.port());
    List<RedisConnection> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(site.connect(sidecar.port()));
    }
    List<Double> stale = new ArrayList<>();
    List<Double> local = new ArrayList<>();
    for (int i = 1; i <= site.effort().of(3, 1); i++) {
      LocalHits.await(sidecar, KEY);
      sidecar.stop();
      String value = "after pause " + i;
      direct.call("SET", KEY, value);
      for (RedisConnection client : clients) {
        client.send("GET", KEY);
        client.flush();
      }
      Poll.pause(PAUSE);
      sidecar.signal("CONT");
      stale.add(staleReplies(clients, value));
      local.add(LocalHits.await(sidecar, KEY));
    }
    row(site, "sidecar stopped for 3 s: stale replies to reads sent after a write", stale, "reads");
    row(site, "sidecar stopped for 3 s: reads are local again after", local, "ms");
  }

  private static double staleReplies(List<RedisConnection> clients, String value)
      throws IOException {
    double stale = 0;
    for (RedisConnection client : clients) {
      stale += client.receive().equals(value) ? 0 : 1;
      for (int i = 0; i < 20; i++) {
        stale += client.call("GET", KEY).equals(value) ? 0 : 1;
      }
    }
    return stale;
  }

  private void redisStopped(Site site, EmbeddedRedis redis, EmbeddedNearside sidecar)
      throws IOException, InterruptedException {
    List<Double> served = new ArrayList<>();
    List<Double> first = new ArrayList<>();
    List<Double> local = new ArrayList<>();
    for (int i = 0; i < site.effort().of(3, 1); i++) {
      LocalHits.await(sidecar, KEY);
      Crowd crowd = Crowd.start(sidecar.port(), KEY, 2, Duration.ofMillis(1));
      Poll.pause(Duration.ofMillis(300));
      redis.signal("STOP");
      long stoppedNs = System.nanoTime();
      Poll.pause(PAUSE);
      long goesOnNs = System.nanoTime();
      redis.signal("CONT");
      local.add(LocalHits.await(sidecar, KEY));
      List<Crowd.Read> reads = crowd.end(Crowd.Read::answered);
      served.add(lastBefore(reads, goesOnNs, stoppedNs));
      first.add(firstAfter(reads, goesOnNs));
    }
    row(site, "Redis stopped for 3 s: memory answers for", served, "ms");
    row(site, "Redis stopped for 3 s: waiting reads are answered after", first, "ms");
    row(site, "Redis stopped for 3 s: reads are local again after", local, "ms");
  }

  private static double lastBefore(List<Crowd.Read> reads, long endNs, long fromNs) {
    return reads.stream()
            .mapToLong(Crowd.Read::endedNs)
            .filter(ended -> ended - endNs < 0)
            .map(ended -> ended - fromNs)
            .max()
            .orElse(0)
        / 1e6;
  }

  private static double firstAfter(List<Crowd.Read> reads, long fromNs) {
    return reads.stream()
            .mapToLong(Crowd.Read::endedNs)
            .map(ended -> ended - fromNs)
            .filter(after -> after >= 0)
            .min()
            .orElse(0)
        / 1e6;
  }

  private void row(Site site, String what, List<Double> values, String unit) {
    Quantiles all = Quantiles.of(values);
    site.say("%s: median %.1f, max %.1f %s", what, all.median(), all.max(), unit);
    table.raw(what, values);
    table.row(
        what,
        Words.count(values.size()),
        unit.equals("ms") ? Words.one(all.median()) : Words.whole(all.median()),
        unit.equals("ms") ? Words.one(all.max()) : Words.whole(all.max()),
        unit);
  }
}

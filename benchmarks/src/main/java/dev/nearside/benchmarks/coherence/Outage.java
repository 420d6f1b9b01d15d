package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Reads while Redis is away: served stale, tried again, or refused. */
final class Outage {
  private static final int CLIENTS = 4;
  private static final Duration LONG = Duration.ofSeconds(2);
  private static final Duration BRIEF = Duration.ofMillis(300);
  private static final Duration PACE = Duration.ofMillis(3);
  private static final Duration CALM = Duration.ofMillis(300);

  private final Table table =
      new Table(
          "Reads during an outage",
          """
          %d clients for each row read a held key every 3 ms while a hop ends all connections to Redis and each new one at once:
          for 2 s, in a namespace with `stale-if-error: 30s` and one without, side by side on one sidecar; and for 300 ms,
          sidecars with `upstream.retry-reads-for` of 500 ms, its default, and of 0 s in turn. Counted are reads sent while
          Redis was away. Not answered: an error reply, or the connection closed.\
          """
              .formatted(CLIENTS),
          "outage",
          "reads of",
          "repetitions",
          "reads",
          "answered",
          "not answered",
          "p50 ms",
          "p99 ms",
          "max ms");

  Table run(Site.Opening opening) throws IOException, InterruptedException {
    try (Site site = opening.open()) {
      EmbeddedRedis redis = site.redis();
      var direct = site.connect(redis.port());
      direct.call("SET", "kept:1", "value");
      direct.call("SET", "plain:1", "value");
      Hop hop = site.hop(redis.port(), Duration.ZERO);
      stale(site, hop);
      retries(site, hop);
    }
    return table;
  }

  private void stale(Site site, Hop hop) throws IOException, InterruptedException {
    EmbeddedNearside sidecar = site.sidecar(hop.port(), "--config", settings(site).toString());
    List<Crowd.Read> kept = new ArrayList<>();
    List<Crowd.Read> plain = new ArrayList<>();
    int repetitions = site.effort().of(4, 1);
    for (int i = 0; i < repetitions; i++) {
      LocalHits.await(sidecar, "kept:1");
      LocalHits.await(sidecar, "plain:1");
      Crowd ofKept = Crowd.start(sidecar.port(), "kept:1", CLIENTS, PACE);
      Crowd ofPlain = Crowd.start(sidecar.port(), "plain:1", CLIENTS, PACE);
      Away away = Away.of(hop, LONG);
      kept.addAll(ofKept.end(away::covers));
      plain.addAll(ofPlain.end(away::covers));
    }
    row(site, "2 s", "a namespace with `stale-if-error`", repetitions, kept);
    row(site, "2 s", "one without", repetitions, plain);
  }

  private void retries(Site site, Hop hop) throws IOException, InterruptedException {
    EmbeddedNearside patient = site.sidecar(hop.port());
    EmbeddedNearside hasty = site.sidecar(hop.port(), "--set", "upstream.retry-reads-for=0s");
    List<Crowd.Read> retried = new ArrayList<>();
    List<Crowd.Read> refused = new ArrayList<>();
    int repetitions = site.effort().of(6, 1);
    for (int i = 0; i < repetitions; i++) {
      retried.addAll(brief(hop, patient));
      refused.addAll(brief(hop, hasty));
    }
    row(site, "300 ms", "a sidecar that retries", repetitions, retried);
    row(site, "300 ms", "one that does not", repetitions, refused);
  }

  private static List<Crowd.Read> brief(Hop hop, EmbeddedNearside sidecar)
      throws IOException, InterruptedException {
    LocalHits.await(sidecar, "plain:1");
    Crowd crowd = Crowd.start(sidecar.port(), "plain:1", CLIENTS, PACE);
    Away away = Away.of(hop, BRIEF);
    return crowd.end(away::covers);
  }

  /** An outage that is over. */
  private record Away(long fromNs, long untilNs) {
    static Away of(Hop hop, Duration time) {
      Poll.pause(CALM);
      long fromNs = System.nanoTime();
      hop.down(true);
      Poll.pause(time);
      hop.down(false);
      long untilNs = System.nanoTime();
      Poll.pause(CALM);
      return new Away(fromNs, untilNs);
    }

    boolean covers(Crowd.Read read) {
      return read.sentNs() - fromNs >= 0 && read.sentNs() - untilNs < 0;
    }
  }

  private static Path settings(Site site) throws IOException {
    return Files.writeString(
        site.directory().resolve("outage.yaml"),
        """
        namespaces:
          kept:
            keys: kept:*
            stale-if-error: 30s
          plain:
            keys: plain:*
        """);
  }

  private void row(Site site, String outage, String what, int repetitions, List<Crowd.Read> reads) {
    long answered = reads.stream().filter(Crowd.Read::answered).count();
    List<Double> ms = reads.stream().map(Crowd.Read::ms).toList();
    table.raw(outage + ", " + what + ": ms", ms);
    site.say("%s, %s: %d of %d answered", outage, what, answered, reads.size());
    table.row(
        outage,
        what,
        Words.count(repetitions),
        Words.count(reads.size()),
        Words.count(answered),
        Words.count(reads.size() - answered),
        Words.two(Quantiles.of(ms).median()),
        Words.two(Quantiles.of(ms).at(0.99)),
        Words.two(Quantiles.of(ms).max()));
  }
}

package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.EmbeddedPostgres;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A thousand clients that want the same key at once: what of it reaches Redis and the database. */
final class Stampede {
  private static final int CLIENTS = 1000;
  private static final int SIDECARS = 4;
  private static final Duration DELAY = Duration.ofMillis(20);
  private static final Duration SETTLED = Duration.ofMillis(120);
  private static final String[] NO_AUDIT = {"--set", "coherence.audit-interval=0s"};

  private final Table table =
      new Table(
          "Stampedes",
          """
          %d clients send GET of one key at once, and Redis is 20 ms away in each direction, so that all of them ask before
          the first answer is there. Reads at Redis are its own count of GET (the sidecar's self-audit, one read a second, is
          off); statements are the sidecars' count. *slowest*: from the first request's sending to the last reply. The
          database takes 20 ms for a statement.\
          """
              .formatted(CLIENTS),
          "one key",
          "sidecars",
          "clients",
          "repetitions",
          "reads at Redis (median)",
          "max",
          "statements (median)",
          "max",
          "slowest ms (median)",
          "wrong replies");

  private record Once(double gets, double statements, double slowestMs, long wrong) {}

  Table run(Site.Opening opening) throws IOException, InterruptedException {
    try (Site site = opening.open()) {
      EmbeddedRedis redis = site.redis();
      int near = site.hop(redis.port(), DELAY).port();
      RedisConnection direct = site.connect(redis.port());
      invalidated(site, direct, near);
      neverAsked(site, direct, near);
      withoutTracking(site, direct, near);
    }
    try (Site site = opening.open()) {
      fleet(site);
    }
    return table;
  }

  private void invalidated(Site site, RedisConnection direct, int near)
      throws IOException, InterruptedException {
    EmbeddedNearside sidecar = site.sidecar(near, NO_AUDIT);
    List<RedisConnection> clients = clients(site, List.of(sidecar));
    List<Once> all = new ArrayList<>();
    for (int i = 0; i < repetitions(site); i++) {
      direct.call("SET", "held", "before");
      LocalHits.await(sidecar, "held");
      direct.call("SET", "held", "after " + i);
      Poll.pause(SETTLED);
      all.add(once(direct, clients, "held", "after " + i));
    }
    row(site, "held, and just invalidated", 1, all);
  }

  private void neverAsked(Site site, RedisConnection direct, int near)
      throws IOException, InterruptedException {
    EmbeddedNearside sidecar = site.sidecar(near, NO_AUDIT);
    List<RedisConnection> clients = clients(site, List.of(sidecar));
    List<Once> all = new ArrayList<>();
    for (int i = 0; i < repetitions(site); i++) {
      direct.call("SET", "new:" + i, "value");
      all.add(once(direct, clients, "new:" + i, "value"));
    }
    row(site, "never asked for before (`l1.admission-window` 60 s)", 1, all);
  }

  private void withoutTracking(Site site, RedisConnection direct, int near)
      throws IOException, InterruptedException {
    direct.call("ACL", "SETUSER", "shy", "on", ">secret", "~*", "&*", "+@all", "-client|tracking");
    EmbeddedNearside sidecar = site.closedSidecar("redis://shy:secret@127.0.0.1:" + near, NO_AUDIT);
    List<RedisConnection> clients = clients(site, List.of(sidecar));
    List<Once> all = new ArrayList<>();
    for (int i = 0; i < repetitions(site); i++) {
      direct.call("SET", "closed", "value " + i);
      all.add(once(direct, clients, "closed", "value " + i));
    }
    if (sidecar.isReady()) {
      throw new IOException("L1 is open without tracking");
    }
    row(site, "L1 closed: an ACL refuses tracking", 1, all);
  }

  private void fleet(Site site) throws IOException, InterruptedException {
    EmbeddedRedis redis = site.redis();
    EmbeddedPostgres postgres = site.postgres();
    load(postgres);
    int near = site.hop(redis.port(), DELAY).port();
    String file = settings(site, postgres).toString();
    List<EmbeddedNearside> sidecars = new ArrayList<>();
    for (int i = 0; i < SIDECARS; i++) {
      sidecars.add(site.sidecar(near, "--config", file));
    }
    RedisConnection direct = site.connect(redis.port());
    List<RedisConnection> clients = clients(site, sidecars);
    List<Once> all = new ArrayList<>();
    for (int i = 1; i <= repetitions(site); i++) {
      double before = statements(sidecars);
      Once once = once(direct, clients, "thing:" + i, "body " + i);
      Poll.pause(SETTLED);
      double statements = statements(sidecars) - before;
      all.add(new Once(once.gets, statements, once.slowestMs, once.wrong));
    }
    row(site, "in the database alone", SIDECARS, all);
  }

  private static void load(EmbeddedPostgres postgres) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE thing (id bigint PRIMARY KEY, body text NOT NULL)");
      statement.execute("INSERT INTO thing SELECT n, 'body ' || n FROM generate_series(1, 100) n");
    } catch (SQLException e) {
      throw new ServerException("the data set cannot be loaded: " + e.getMessage(), e);
    }
  }

  private static Path settings(Site site, EmbeddedPostgres postgres) throws IOException {
    return Files.writeString(
        site.directory().resolve("stampede.yaml"),
        """
        coherence:
          audit-interval: 0s
        database:
          url: %s
          user: postgres
        namespaces:
          thing:
            keys: thing:{id:bigint}
            l2-ttl: 10m
            database:
              query: SELECT id, body FROM pg_sleep(0.02), thing WHERE id = ANY(:id)
              value: body
        """
            .formatted(postgres.url()));
  }

  private static double statements(List<EmbeddedNearside> sidecars)
      throws IOException, InterruptedException {
    double sum = 0;
    for (EmbeddedNearside sidecar : sidecars) {
      sum += sidecar.metric("nearside_database_queries_total");
    }
    return sum;
  }

  private static List<RedisConnection> clients(Site site, List<EmbeddedNearside> sidecars)
      throws IOException {
    List<RedisConnection> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      RedisConnection client = site.connect(sidecars.get(i % sidecars.size()).port());
      client.send("PING");
      client.flush();
      clients.add(client);
    }
    for (RedisConnection client : clients) {
      client.receive();
    }
    return clients;
  }

  private static int repetitions(Site site) {
    return site.effort().of(7, 1);
  }

  private static Once once(
      RedisConnection direct, List<RedisConnection> clients, String key, String value)
      throws IOException {
    double before = Info.gets(direct);
    long beganNs = System.nanoTime();
    for (RedisConnection client : clients) {
      client.send("GET", key);
      client.flush();
    }
    long wrong = 0;
    for (RedisConnection client : clients) {
      wrong += client.receive().equals(value) ? 0 : 1;
    }
    double slowestMs = (System.nanoTime() - beganNs) / 1e6;
    return new Once(Info.gets(direct) - before, 0, slowestMs, wrong);
  }

  private void row(Site site, String what, int sidecars, List<Once> all) {
    List<Double> gets = all.stream().map(Once::gets).toList();
    List<Double> statements = all.stream().map(Once::statements).toList();
    List<Double> slowest = all.stream().map(Once::slowestMs).toList();
    boolean database = sidecars > 1;
    table.raw(what + ": reads at Redis", gets);
    table.raw(what + ": statements", statements);
    table.raw(what + ": slowest ms", slowest);
    site.say("%s: %.0f reads at Redis", what, Quantiles.of(gets).max());
    table.row(
        what,
        Words.count(sidecars),
        Words.count(CLIENTS),
        Words.count(all.size()),
        Words.whole(Quantiles.of(gets).median()),
        Words.whole(Quantiles.of(gets).max()),
        database ? Words.whole(Quantiles.of(statements).median()) : "",
        database ? Words.whole(Quantiles.of(statements).max()) : "",
        Words.whole(Quantiles.of(slowest).median()),
        Words.count(all.stream().mapToLong(Once::wrong).sum()));
  }
}

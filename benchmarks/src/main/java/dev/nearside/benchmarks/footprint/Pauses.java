package dev.nearside.benchmarks.footprint;

import dev.nearside.benchmarks.generator.Address;
import dev.nearside.benchmarks.generator.Assignment;
import dev.nearside.benchmarks.generator.Generator;
import dev.nearside.benchmarks.generator.KeySpace;
import dev.nearside.benchmarks.generator.Load;
import dev.nearside.benchmarks.generator.Round;
import dev.nearside.benchmarks.generator.Values;
import dev.nearside.benchmarks.generator.Workload;
import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How long clients wait for a sidecar with a large L1 whose entries change, by its collector. */
final class Pauses {
  private static final int VALUE_BYTES = 1_000;

  /** What an entry takes beside its value is less. */
  private static final int ENTRY_BYTES = 1_200;

  private static final int CLIENTS = 50;
  private static final int RATE = 10_000;
  private static final double TARGET_MS = 5;
  private static final Duration WARM_UP = Duration.ofSeconds(5);

  private final Place place;
  private final Size size;
  private final Entries filling;
  private final Load load;
  private final Table table;

  /**
   * How large and how long.
   *
   * @param l1Mib the size of L1
   * @param seconds of load that are measured
   */
  record Size(int l1Mib, int seconds) {}

  Pauses(Place place, Size size) {
    this.place = place;
    this.size = size;
    Values values = Values.of(VALUE_BYTES);
    int count = (int) ((long) size.l1Mib() * (1 << 20) / ENTRY_BYTES);
    this.filling = new Entries(count, values);
    KeySpace keys = KeySpace.uniform(count);
    this.load =
        new Load(Workload.CHURN, 1, CLIENTS, keys, values, 0, 0, 1, RATE)
            .lasting(WARM_UP, Duration.ofSeconds(size.seconds()));
    this.table =
        new Table(
            "Pauses under churn",
            String.format(
                Locale.ROOT,
                "L1 of %d MiB filled with %,d values of %,d bytes. %d clients ask %,d times a second"
                    + " for %d s, evenly, one request in five a SET of a key that is held, and"
                    + " whatever is read is brought in at its first request. Replies are"
                    + " waited for since their requests were due. What the machine and the clients"
                    + " themselves are late by shows at redis-server, too. What the JVM stood"
                    + " still for is from its own log, the %d s of warm-up included; where an"
                    + " allocation waits for a concurrent collector shows at the clients only."
                    + " Target: 99.99 %% within 5 ms.",
                size.l1Mib(),
                count,
                VALUE_BYTES,
                CLIENTS,
                RATE,
                size.seconds(),
                WARM_UP.toSeconds()),
            "server",
            "requests/s",
            "p50 µs",
            "p99 µs",
            "p99.99 µs",
            "longest µs",
            "JVM's longest stop ms",
            "its stops over 5 ms",
            "CPU µs/request",
            "RSS MiB",
            "share held at the end, without keys set last");
  }

  Table run(List<Launch> launches) throws IOException, InterruptedException {
    try (EmbeddedRedis redis = place.redis()) {
      filling.write(redis);
      place.say("redis-server");
      Round round = ask(redis.port(), List.of(redis.pid()));
      report("redis-server", redis.pid(), round, List.of("", ""), "");
      for (Launch launch : launches) {
        place.say("%s", launch.label());
        measure(launch, redis);
      }
    }
    return table;
  }

  private void measure(Launch launch, EmbeddedRedis redis)
      throws IOException, InterruptedException {
    List<String> settings = new ArrayList<>();
    for (String setting :
        List.of(
            "l1.max-bytes=" + size.l1Mib() + "MiB",
            "l1.max-ttl=1h",
            "l1.admission-window=0s",
            "l1.skip-churning=false",
            "coherence.max-tracked-keys=5000000",
            "event-loops=1")) {
      settings.addAll(List.of("--set", setting));
    }
    Stops stops = new Stops(place.directory().resolve("stops-" + launch.label() + ".log"));
    try (Sidecar sidecar =
        Sidecar.start(stops.logged(launch), redis.port(), settings, place.directory())) {
      while (!sidecar.isReady()) {
        Thread.onSpinWait();
      }
      fill(sidecar);
      stops.begin();
      Round round = ask(sidecar.port(), List.of(sidecar.pid()));
      double[] stopMs = stops.milliseconds();
      double longestMs = Arrays.stream(stopMs).max().orElse(0);
      long late = Arrays.stream(stopMs).filter(ms -> ms > TARGET_MS).count();
      double held = sidecar.metric("nearside_l1_entries") / filling.count();
      report(
          launch.label(),
          sidecar.pid(),
          round,
          List.of(cell("%.1f", longestMs), Long.toString(late)),
          cell("%.2f", held));
      table.raw(launch.label() + ": held", held);
      table.raw(launch.label() + ": longest stop ms", longestMs);
      table.raw(launch.label() + ": stops over 5 ms", (double) late);
    }
  }

  private void fill(Sidecar sidecar) throws IOException {
    List<RedisConnection> clients = new ArrayList<>();
    try {
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(sidecar.connect());
      }
      filling.read(clients, 0, 1);
    } finally {
      for (RedisConnection client : clients) {
        client.close();
      }
    }
  }

  private Round ask(int port, List<Long> pids) throws IOException, InterruptedException {
    return Generator.inOwnProcess(new Assignment(load, Address.ofPort(port), pids, 0, 0));
  }

  private void report(String server, long pid, Round round, List<String> stops, String held)
      throws IOException {
    List<String> cells = new ArrayList<>();
    cells.add(server);
    cells.add(cell("%,.0f", round.requestsPerSecond()));
    cells.add(cell("%,.0f", round.p50Us()));
    cells.add(cell("%,.0f", round.p99Us()));
    cells.add(cell("%,.0f", round.p9999Us()));
    cells.add(cell("%,.0f", round.maxUs()));
    cells.addAll(stops);
    cells.add(cell("%.2f", round.cpuUs(0)));
    cells.add(cell("%,.0f", ProcessMemory.of(pid).rssMib()));
    cells.add(held);
    table.row(cells.toArray(String[]::new));
    table.raw(server + ": p99.99 µs", round.p9999Us());
    table.raw(server + ": longest µs", round.maxUs());
  }

  private static String cell(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}

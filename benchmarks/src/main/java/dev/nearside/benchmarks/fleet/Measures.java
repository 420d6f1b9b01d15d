package dev.nearside.benchmarks.fleet;

import dev.nearside.benchmarks.generator.Zipf;
import dev.nearside.benchmarks.report.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** The tables of the run, each measured on servers of its own. Confined to one thread. */
final class Measures {
  private static final long SEED = 4711;
  private static final int HOT_KEYS = 100;
  private static final int MOST = 2;
  private static final int TABLE_LIMIT = 10_000;
  private static final int[] FAN_OUTS = {0, 1, 10, 20, 50, 100, 200, 500, 1000};
  private static final double[] SHARES = {0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1};
  private static final int[] NOTHING = {};

  private final FleetRun.Size size;
  private final Scene.Stage stage;
  private final PrintStream progress;
  private final Zipf popularity;

  Measures(FleetRun.Size size, Scene.Stage stage, PrintStream progress) {
    this.size = size;
    this.stage = stage;
    this.progress = progress;
    this.popularity = new Zipf(size.keys());
  }

  /** Connections that hold nothing: what their heartbeats cost. */
  Table heartbeats() throws IOException, InterruptedException {
    Table table =
        new Table(
            "Idle sidecars",
            "%,d connections that hold no key, and writes of keys that nobody reads."
                .formatted(size.sidecars()),
            "they say",
            "commands/s",
            "CPU of Redis",
            "SET p50 µs",
            "p99 µs",
            "max µs",
            "p99 ratio",
            "Redis memory per connection");
    List<Scene> scenes = new ArrayList<>();
    try {
      scenes.add(scene("nobody is there", 0, false, Heartbeat.NONE));
      scenes.add(scene("nothing, and do not track", size.sidecars(), false, Heartbeat.NONE));
      scenes.add(scene("nothing", size.sidecars(), true, Heartbeat.NONE));
      scenes.add(scene("PING every 100 to 250 ms", size.sidecars(), true, Heartbeat.PING));
      scenes.add(scene("PING, and a sidecar's checks", size.sidecars(), true, Heartbeat.CHECKS));
      alternate(scenes, unread());
      for (Scene scene : scenes) {
        long bytes = scene.filled().usedBytes() - scene.empty().usedBytes();
        table.row(
            scene.name(),
            number("%,.0f", median(scene, Scene.Round::commandsPerSecond)),
            percent(median(scene, Scene.Round::cpuShare)),
            number("%.0f", median(scene, Scene.Round::p50Us)),
            number("%.0f", median(scene, Scene.Round::p99Us)),
            number("%,.0f", max(scene)),
            ratio(scene, scenes.getFirst()),
            scene == scenes.getFirst() ? "" : number("%,.0f B", (double) bytes / size.sidecars()));
        keep(table, scene.name(), scene);
      }
      return table;
    } finally {
      scenes.forEach(Scene::close);
    }
  }

  /** Writes of keys that so many of the sidecars hold, each key once. */
  Table fanOut() throws IOException, InterruptedException {
    Table table =
        new Table(
            "SET of a key that so many sidecars hold",
            "Each key is written once, so that nobody has to read it again. Inside Redis: what the"
                + " command took, the pushes made but not yet sent.",
            "sidecars that hold it",
            "SET p50 µs",
            "p99 µs",
            "max µs",
            "p99 ratio",
            "inside Redis µs",
            "CPU of Redis",
            "Redis CPU µs per push");
    int writesOfAll = size.writesOfRound() * (size.rounds() + 1);
    Scene.Stage few = new Scene.Stage(stage.program(), stage.directory(), writesOfAll, List.of());
    int[] all = IntStream.range(0, writesOfAll).toArray();
    List<Scene> scenes = new ArrayList<>();
    try {
      for (int holders : FAN_OUTS) {
        if (holders <= size.sidecars()) {
          IntFunction<int[]> initial = i -> i < holders ? all : NOTHING;
          scenes.add(few.open("" + holders, port -> plan(port, initial, writesOfAll, 0)));
        }
      }
      int[] next = {0};
      for (int round = 0; round <= size.rounds(); round++) {
        int from = next[0];
        Writer writer = new Writer(i -> Keys.read(from + i), size.writesOfRound(), size.writes());
        runAll(scenes, round, writer);
        next[0] = from + size.writesOfRound();
      }
      double idle = median(scenes.getFirst(), Scene.Round::cpuShare);
      for (Scene scene : scenes) {
        fanOutRow(table, scene, scenes.getFirst(), idle);
      }
      return table;
    } finally {
      scenes.forEach(Scene::close);
    }
  }

  private void fanOutRow(Table table, Scene scene, Scene first, double idle) {
    double perWrite = median(scene, Scene.Round::pushesPerWrite);
    double share = median(scene, Scene.Round::cpuShare);
    table.row(
        scene.name(),
        number("%.0f", median(scene, Scene.Round::p50Us)),
        number("%.0f", median(scene, Scene.Round::p99Us)),
        number("%,.0f", max(scene)),
        ratio(scene, first),
        number("%.1f", median(scene, Scene.Round::callUs)),
        percent(share),
        perWrite < 1 ? "" : number("%.2f", (share - idle) * 1e6 / (perWrite * size.writes())));
    keep(table, scene.name(), scene);
  }

  /** Sidecars that hold at most so many of the keys that all of them read. */
  Table limits() throws IOException, InterruptedException {
    Table table =
        new Table(
            "Tracked keys per sidecar",
            ("All read the same %,d keys of 100 bytes with Zipfian popularity (0.99), together %,d"
                    + " times a second, and hold what they read first until the limit; what is"
                    + " pushed is read again when the application wants it. The ratio is to"
                    + " connections that do not track and read nothing.")
                .formatted(size.keys(), size.reads()),
            "tracked keys at most",
            "written",
            "SET p50 µs",
            "p99 µs",
            "max µs",
            "p99 ratio",
            "pushes per SET",
            "fills/s",
            "CPU of Redis",
            "pairs",
            "B per pair",
            "Redis memory MiB");
    List<Scene> scenes = new ArrayList<>();
    try {
      scenes.add(scene("no tracking", size.sidecars(), false, Heartbeat.PING));
      for (int limit : size.limits()) {
        progress.printf("  %,d keys each%n", limit);
        scenes.add(
            stage.open(
                number("%,.0f", (double) limit),
                port -> plan(port, i -> firstRead(i, limit), limit, size.reads())));
      }
      for (Mix mix : mixes()) {
        scenes.forEach(Scene::forgetRounds);
        alternate(scenes, mix.writer());
        for (Scene scene : scenes) {
          limitRow(table, mix, scene, scenes.getFirst());
        }
        String largest = largestWithin(scenes);
        table.row(
            "**" + largest + "**",
            mix.name + ": the most keys with a p99 of at most " + MOST + "×",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "");
      }
      return table;
    } finally {
      scenes.forEach(Scene::close);
    }
  }

  /** Returns the last limit before the first one whose p99 is more than so many times the usual. */
  private static String largestWithin(List<Scene> scenes) {
    double most = MOST * median(scenes.getFirst(), Scene.Round::p99Us);
    return scenes.stream()
        .takeWhile(scene -> median(scene, Scene.Round::p99Us) <= most)
        .reduce((before, after) -> after)
        .map(Scene::name)
        .orElseThrow();
  }

  /** What is written, in words, and the writer. */
  private record Mix(String name, Writer writer) {}

  private List<Mix> mixes() {
    return List.of(
        new Mix("keys nobody reads", unread()),
        new Mix("any of the keys", any()),
        new Mix("keys as they are read", asRead()));
  }

  private void limitRow(Table table, Mix mix, Scene scene, Scene first) {
    long pairs = scene.filled().trackedPairs();
    long bytes = scene.filled().usedBytes() - first.filled().usedBytes();
    table.row(
        scene.name(),
        mix.name,
        number("%.0f", median(scene, Scene.Round::p50Us)),
        number("%.0f", median(scene, Scene.Round::p99Us)),
        number("%,.0f", max(scene)),
        ratio(scene, first),
        number("%.1f", median(scene, Scene.Round::pushesPerWrite)),
        number("%,.0f", median(scene, Scene.Round::fillsPerSecond)),
        percent(median(scene, Scene.Round::cpuShare)),
        number("%,.0f", (double) pairs),
        pairs == 0 ? "" : number("%.1f", (double) bytes / pairs),
        number("%,.0f", scene.filled().usedBytes() / (double) (1 << 20)));
    keep(table, scene.name() + ", " + mix.name, scene);
  }

  /** Writes of which a share is of keys that every sidecar holds. */
  Table shares() throws IOException, InterruptedException {
    Table table =
        new Table(
            "Which share of the writes may be of keys that every sidecar holds",
            ("The applications read the same %d keys, together %,d times a second; every sidecar holds"
                    + " all of them, and reads again what was pushed. The other writes are of keys"
                    + " that nobody reads.")
                .formatted(HOT_KEYS, size.reads()),
            "share",
            "SET p50 µs",
            "p99 µs",
            "max µs",
            "p99 ratio",
            "pushes per SET",
            "fills/s",
            "CPU of Redis");
    int[] hot = IntStream.range(0, HOT_KEYS).toArray();
    try (Scene scene =
        stage.open(
            "hot",
            port ->
                new Fleet.Plan(
                    port,
                    size.sidecars(),
                    true,
                    Heartbeat.PING,
                    i -> hot,
                    HOT_KEYS,
                    size.reads(),
                    new Zipf(HOT_KEYS)))) {
      double base = 0;
      for (double share : SHARES) {
        scene.forgetRounds();
        alternate(List.of(scene), mixed(share));
        double p99 = median(scene, Scene.Round::p99Us);
        base = share == 0 ? p99 : base;
        table.row(
            number("%.1f %%", share * 100),
            number("%.0f", median(scene, Scene.Round::p50Us)),
            number("%.0f", p99),
            number("%,.0f", max(scene)),
            number("%.2f", p99 / base),
            number("%.1f", median(scene, Scene.Round::pushesPerWrite)),
            number("%,.0f", median(scene, Scene.Round::fillsPerSecond)),
            percent(median(scene, Scene.Round::cpuShare)));
        keep(table, "share " + share, scene);
      }
      return table;
    }
  }

  /** Redis's own limit: it forgets keys, and tells everybody who held them. */
  Table tableLimit() throws IOException, InterruptedException {
    Table table =
        new Table(
            "Redis's own limit, tracking-table-max-keys",
            ("Counts keys, not pairs. Every sidecar would hold %,d of %,d keys; writes are of keys"
                    + " that nobody reads. Beyond its limit Redis forgets some key for each new one,"
                    + " and tells all who held it, who read it again.")
                .formatted(TABLE_LIMIT, size.keys()),
            "limit",
            "keys in the table",
            "pairs",
            "pushes/s",
            "fills/s",
            "SET p99 µs",
            "max µs",
            "CPU of Redis");
    for (String limit : List.of("1000000", "" + TABLE_LIMIT)) {
      IntFunction<int[]> initial = i -> firstRead(i, Math.min(TABLE_LIMIT, size.keys() / 2));
      try (Scene scene =
          stage
              .with("--tracking-table-max-keys", limit)
              .open(limit, port -> plan(port, initial, TABLE_LIMIT, size.reads()))) {
        alternate(List.of(scene), unread());
        Statistics now = scene.now();
        table.row(
            limit.equals("1000000") ? "1 000 000 (usual)" : limit,
            number("%,.0f", (double) now.trackedKeys()),
            number("%,.0f", (double) now.trackedPairs()),
            number("%,.0f", median(scene, Scene.Round::pushesPerWrite) * size.writes()),
            number("%,.0f", median(scene, Scene.Round::fillsPerSecond)),
            number("%.0f", median(scene, Scene.Round::p99Us)),
            number("%,.0f", max(scene)),
            percent(median(scene, Scene.Round::cpuShare)));
        keep(table, limit, scene);
      }
    }
    return table;
  }

  private Scene scene(String name, int sidecars, boolean tracks, Heartbeat heartbeat)
      throws IOException, InterruptedException {
    return stage.open(
        name,
        port -> new Fleet.Plan(port, sidecars, tracks, heartbeat, i -> NOTHING, 0, 0, popularity));
  }

  private Fleet.Plan plan(int port, IntFunction<int[]> initial, int limit, double reads) {
    return new Fleet.Plan(
        port, size.sidecars(), true, Heartbeat.PING, initial, limit, reads, popularity);
  }

  /** The keys that the application of a sidecar has read first. */
  private int[] firstRead(int sidecar, int count) {
    SplittableRandom random = new SplittableRandom(SEED + sidecar);
    BitSet read = new BitSet(size.keys());
    int[] keys = new int[Math.min(count, size.keys())];
    int found = 0;
    while (found < keys.length) {
      int key = popularity.next(random);
      if (!read.get(key)) {
        read.set(key);
        keys[found++] = key;
      }
    }
    return keys;
  }

  private Writer unread() {
    return new Writer(Keys::unread, size.writesOfRound(), size.writes());
  }

  private Writer any() {
    SplittableRandom random = new SplittableRandom(SEED);
    return new Writer(
        i -> Keys.read(random.nextInt(size.keys())), size.writesOfRound(), size.writes());
  }

  private Writer asRead() {
    SplittableRandom random = new SplittableRandom(SEED);
    return new Writer(i -> Keys.read(popularity.next(random)), size.writesOfRound(), size.writes());
  }

  private Writer mixed(double share) {
    SplittableRandom random = new SplittableRandom(SEED);
    return new Writer(
        i -> random.nextDouble() < share ? Keys.read(random.nextInt(HOT_KEYS)) : Keys.unread(i),
        size.writesOfRound(),
        size.writes());
  }

  /** A round that does not count, then those that do; every second one backwards. */
  private void alternate(List<Scene> scenes, Writer writer) throws IOException {
    for (int round = 0; round <= size.rounds(); round++) {
      runAll(scenes, round, writer);
    }
  }

  private void runAll(List<Scene> scenes, int round, Writer writer) throws IOException {
    List<Scene> order = new ArrayList<>(scenes);
    if (round % 2 == 0) {
      Collections.reverse(order);
    }
    for (Scene scene : order) {
      Scene.Round found = scene.round(writer);
      progress.printf(
          "  round %d, %-30s p50 %,.0f µs, p99 %,.0f µs%n",
          round, scene.name(), found.p50Us(), found.p99Us());
    }
    if (round == 0) {
      scenes.forEach(Scene::forgetRounds);
    }
  }

  private static double median(Scene scene, ToDoubleFunction<Scene.Round> measure) {
    double[] sorted = scene.rounds().stream().mapToDouble(measure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static double max(Scene scene) {
    return scene.rounds().stream().mapToDouble(Scene.Round::maxUs).max().orElse(0);
  }

  private static String ratio(Scene scene, Scene first) {
    return number("%.2f", median(scene, Scene.Round::p99Us) / median(first, Scene.Round::p99Us));
  }

  private static void keep(Table table, String series, Scene scene) {
    for (Scene.Round round : scene.rounds()) {
      table.raw(series + ", p50 µs", round.p50Us());
      table.raw(series + ", p99 µs", round.p99Us());
      table.raw(series + ", max µs", round.maxUs());
      table.raw(series + ", CPU of Redis", round.cpuShare());
      table.raw(series + ", inside Redis µs", round.callUs());
      table.raw(series + ", pushes per SET", round.pushesPerWrite());
    }
  }

  private static String percent(double share) {
    return number("%.1f %%", share * 100);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}

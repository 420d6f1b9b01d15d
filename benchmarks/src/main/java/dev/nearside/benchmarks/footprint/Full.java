package dev.nearside.benchmarks.footprint;

import dev.nearside.benchmarks.generator.Values;
import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.AttachedJvm;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The memory of a sidecar whose L1 is full, with many clients connected. */
final class Full {
  private static final int LEAST_ENTRY_BYTES = 230;
  private static final int VALUE_BYTES = 100;
  private static final int CHECKED_LOCALLY = 10_000;
  private static final int COLLECTIONS = 4;
  private static final double BYTES_PER_KIB = 1024;

  private final Place place;
  private final Entries filling;
  private final int targetMib;
  private final Table memory;
  private final Table entries;

  Full(Place place) {
    this.place = place;
    int count = (int) ((long) place.l1Mib() * (1 << 20) / LEAST_ENTRY_BYTES);
    this.filling = new Entries(count, Values.of(VALUE_BYTES));
    this.targetMib = (int) (1.35 * place.l1Mib() + 96);
    this.memory =
        new Table(
            "Memory with L1 full",
            String.format(
                Locale.ROOT,
                "L1 of %d MiB filled with values of %d bytes by reading %,d keys twice, %,d clients"
                    + " connected; the target is %d MiB. MiB.",
                place.l1Mib(),
                VALUE_BYTES,
                filling.count(),
                place.connections(),
                targetMib),
            "heap",
            "entries",
            "weight of L1",
            "its bound now",
            "RSS",
            "of it anonymous",
            "of the target",
            "GETs of 10,000 that reached Redis");
    this.entries =
        new Table(
            "Bytes per entry",
            "The growth of the live heap (after full collections) and of the resident memory, by"
                + " the entries of L1; beside it the growth of redis-server's `used_memory` for the"
                + " same keys and values.",
            "heap",
            "live heap bytes",
            "resident bytes",
            "used_memory bytes",
            "live heap / used_memory");
  }

  List<Table> run(List<Launch> launches) throws IOException, InterruptedException {
    try (EmbeddedRedis redis = place.redis()) {
      long before = usedMemory(redis);
      filling.write(redis);
      double redisBytes = (double) (usedMemory(redis) - before) / filling.count();
      for (Launch launch : launches) {
        place.say("%s", launch.label());
        fill(launch, redis, redisBytes);
      }
      return List.of(memory, entries);
    }
  }

  private void fill(Launch launch, EmbeddedRedis redis, double redisBytes)
      throws IOException, InterruptedException {
    List<String> settings =
        List.of(
            "--set",
            "l1.max-bytes=" + place.l1Mib() + "MiB",
            "--set",
            "coherence.max-tracked-keys=5000000");
    List<RedisConnection> clients = new ArrayList<>();
    try (Sidecar sidecar = Sidecar.start(launch, redis.port(), settings, place.directory())) {
      while (!sidecar.isReady()) {
        Thread.onSpinWait();
      }
      for (int i = 0; i < place.connections(); i++) {
        clients.add(sidecar.connect());
        clients.getLast().call("PING");
      }
      long emptyHeap = liveHeap(sidecar.pid());
      long emptyRssKib = ProcessMemory.of(sidecar.pid()).rssKib();
      filling.read(clients, 0, 2);
      String missed = missed(clients, redis);
      Place.rest(place.idleSeconds() / 2);
      ProcessMemory full = ProcessMemory.of(sidecar.pid());
      double held = sidecar.metric("nearside_l1_entries");
      reportMemory(launch, sidecar, full, held, missed);
      double heap = (liveHeap(sidecar.pid()) - emptyHeap) / held;
      double resident = (full.rssKib() - emptyRssKib) * BYTES_PER_KIB / held;
      reportEntries(launch, heap, resident, redisBytes);
    } finally {
      for (RedisConnection client : clients) {
        client.close();
      }
    }
  }

  /** The keys read last are read again: how many of them had to be asked for? */
  private String missed(List<RedisConnection> clients, EmbeddedRedis redis) throws IOException {
    long before = gets(redis);
    filling.read(clients, Math.max(0, filling.count() - CHECKED_LOCALLY), 1);
    return Long.toString(gets(redis) - before);
  }

  private void reportMemory(
      Launch launch, Sidecar sidecar, ProcessMemory full, double held, String missed)
      throws IOException, InterruptedException {
    String[] cells = full.cells();
    memory.row(
        launch.label(),
        String.format(Locale.ROOT, "%,.0f", held),
        mib(sidecar.metric("nearside_l1_bytes")),
        mib(sidecar.metric("nearside_l1_max_bytes")), // the agent lowers it under pressure
        cells[0],
        cells[1],
        String.format(Locale.ROOT, "%.2f", full.rssMib() / targetMib),
        missed);
    memory.raw(launch.label() + ": RSS MiB", full.rssMib());
    memory.raw(launch.label() + ": entries", held);
  }

  private static String mib(double bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / (1 << 20));
  }

  private void reportEntries(Launch launch, double heap, double resident, double redisBytes) {
    entries.row(
        launch.label(),
        String.format(Locale.ROOT, "%.1f", heap),
        String.format(Locale.ROOT, "%.1f", resident),
        String.format(Locale.ROOT, "%.1f", redisBytes),
        String.format(Locale.ROOT, "%.2f", heap / redisBytes));
    entries.raw(launch.label() + ": live heap bytes", heap);
    entries.raw(launch.label() + ": resident bytes", resident);
    entries.raw("used_memory bytes", redisBytes);
  }

  /** The Serial collector leaves what is dear to move, though dead, in all but every fourth. */
  private static long liveHeap(long pid) throws IOException {
    try (AttachedJvm jvm = AttachedJvm.of(pid)) {
      MemoryMXBean memory = jvm.bean(ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
      for (int i = 0; i < COLLECTIONS; i++) {
        memory.gc();
      }
      return memory.getHeapMemoryUsage().getUsed();
    }
  }

  private static long usedMemory(EmbeddedRedis redis) throws IOException {
    return info(redis, "memory", "used_memory:");
  }

  private static long gets(EmbeddedRedis redis) throws IOException {
    return info(redis, "commandstats", "cmdstat_get:calls=");
  }

  private static long info(EmbeddedRedis redis, String section, String name) throws IOException {
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      return connection
          .call("INFO", section)
          .lines()
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(name.length()).split("[^0-9]", 2)[0])
          .mapToLong(Long::parseLong)
          .sum();
    }
  }
}

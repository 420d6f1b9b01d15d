package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.coherence.Poll;
import dev.nearside.benchmarks.servers.EmbeddedCluster;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Moves slots from primary to primary, one after another, some keys at a time, on a thread of its
 * own: those of keys that are written, with what outboxes have beside them, and those in which the
 * sixteenths of an outbox say who drains them and which slots have something. A primary that is
 * killed meanwhile holds a move up; it goes on when that is back.
 */
final class SlotMover implements AutoCloseable {
  private static final int ANCHORS = 16; // the first slot of each sixteenth
  private static final int ANCHOR_IN = 4;
  private static final int MOST_KEYS_AT_ONCE = 3;
  private static final int MOST_MS_BETWEEN_MOVES = 300;
  private static final int MOST_MS_WITHIN = 10;
  private static final Duration MOVED_WITHIN = Duration.ofSeconds(30);
  private static final String TIMEOUT_MS = "2000";

  private final ClusterUpstream cluster;
  private final int[] written;
  private final Random random;
  private final Thread thread = Thread.ofPlatform().daemon().name("mover").unstarted(this::run);
  private volatile boolean stopped;
  private volatile @Nullable Exception failure;
  private int moves; // read when the thread has ended

  private SlotMover(ClusterUpstream cluster, Stream<String> keys, long seed) {
    this.cluster = cluster;
    this.written = keys.mapToInt(ClusterUpstream::slotOf).distinct().toArray();
    this.random = new Random(seed);
  }

  /** Starts one that moves the slots of these keys, among others. */
  static SlotMover start(ClusterUpstream cluster, Stream<String> keys, long seed) {
    SlotMover mover = new SlotMover(cluster, keys, seed);
    mover.thread.start();
    return mover;
  }

  private void run() {
    try {
      while (!stopped) {
        move(
            random.nextInt(ANCHOR_IN) == 0
                ? random.nextInt(ANCHORS) * EmbeddedCluster.SLOTS / ANCHORS
                : written[random.nextInt(written.length)]);
        moves++;
        pause(MOST_MS_BETWEEN_MOVES);
      }
    } catch (IOException | InterruptedException e) {
      failure = e;
    }
  }

  private void move(int slot) throws IOException, InterruptedException {
    int from = cluster.ownerOf(slot);
    int to = fewest(from);
    String fromId = id(from);
    String toId = id(to);
    surely(() -> setSlot(to, slot, "IMPORTING", fromId));
    surely(() -> setSlot(from, slot, "MIGRATING", toId));
    surely(() -> {
      while (migrate(slot, from, to)) {
        pause(MOST_MS_WITHIN);
      }
      setSlot(to, slot, "NODE", toId);
    });
    cluster.gave(slot, to);
    for (int primary = 0; primary < cluster.primaries(); primary++) {
      int each = primary;
      surely(() -> setSlot(each, slot, "NODE", toId));
    }
  }

  /** Returns the primary, other than {@code but}, that has the fewest of the slots written. */
  private int fewest(int but) {
    return IntStream.range(0, cluster.primaries())
        .filter(primary -> primary != but)
        .boxed()
        .min(
            Comparator.comparingLong(primary ->
                IntStream.of(written).filter(slot -> cluster.ownerOf(slot) == primary).count()))
        .orElseThrow();
  }

  /** Moves some keys; returns whether there were any. */
  private boolean migrate(int slot, int from, int to) throws IOException {
    try (RedisConnection source = cluster.connect(from)) {
      String most = String.valueOf(1 + random.nextInt(MOST_KEYS_AT_ONCE));
      List<String> keys =
          source.callForList("CLUSTER", "GETKEYSINSLOT", String.valueOf(slot), most);
      if (keys.isEmpty()) {
        return false;
      }
      String port = String.valueOf(cluster.port(to));
      // What a killed primary had moved and still has: nobody was told of it there.
      Stream<String> words =
          Stream.of("MIGRATE", "127.0.0.1", port, "", "0", TIMEOUT_MS, "REPLACE", "KEYS");
      source.call(Stream.concat(words, keys.stream()).toArray(String[]::new));
      return true;
    }
  }

  private String id(int primary) throws IOException, InterruptedException {
    String[] id = new String[1];
    surely(() -> {
      try (RedisConnection direct = cluster.connect(primary)) {
        id[0] = direct.call("CLUSTER", "MYID");
      }
    });
    return id[0];
  }

  private void setSlot(int primary, int slot, String state, String id) throws IOException {
    try (RedisConnection direct = cluster.connect(primary)) {
      direct.call("CLUSTER", "SETSLOT", String.valueOf(slot), state, id);
    }
  }

  /** What may fail while a primary is killed, and may be done again. */
  @FunctionalInterface
  private interface Step {
    void take() throws IOException;
  }

  private static void surely(Step step) throws IOException, InterruptedException {
    Poll.until(
        "a step of a move is done",
        MOVED_WITHIN,
        () -> {
          step.take();
          return true;
        });
  }

  private void pause(int mostMs) {
    Poll.pause(Duration.ofMillis(random.nextInt(mostMs)));
  }

  /**
   * Ends it with the slot that is on its way, and returns how many it has moved.
   *
   * @throws IOException if it could not go on
   */
  int end() throws IOException {
    close();
    Exception why = failure;
    if (why != null) {
      throw new IOException("a slot cannot be moved: " + why.getMessage(), why);
    }
    return moves;
  }

  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

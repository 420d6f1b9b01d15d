package dev.nearside.benchmarks.outbox;

import java.io.IOException;
import java.util.List;

/**
 * The Redis behind a site: it keeps what it acknowledges, and each of its primaries can be killed
 * and comes back with what it has on disk. Thread-safe but for kills, which one thread makes.
 */
sealed interface Upstream extends AutoCloseable permits SingleUpstream, ClusterUpstream {
  /** Each is on disk before it is acknowledged. */
  List<String> DURABLE = List.of("--appendonly", "yes", "--appendfsync", "always");

  /** Returns where sidecars find it. */
  String uri();

  /** Returns the {@code database.durability} by which sidecars take it. */
  String durability();

  /** Returns how many primaries it has; the first is 0. */
  int primaries();

  /** Returns which primary has {@code key}, for all one knows. */
  int primaryOf(String key);

  /** Kills a primary by SIGKILL. */
  void crash(int primary);

  /** Starts it again. */
  void restart(int primary) throws IOException;

  /** Returns how many elements streams of outboxes have together that are named so. */
  long length(String stream) throws IOException;

  @Override
  void close();
}

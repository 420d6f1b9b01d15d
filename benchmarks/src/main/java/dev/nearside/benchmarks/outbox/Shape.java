package dev.nearside.benchmarks.outbox;

import java.io.IOException;
import java.nio.file.Path;

/** What is behind the sidecars. */
enum Shape {
  /** One Redis. */
  SINGLE,

  /** A Redis Cluster. */
  CLUSTER;

  /**
   * Starts it.
   *
   * @param directory an existing one for what it keeps
   * @throws IOException if it does not start
   */
  Upstream start(Path program, Path directory) throws IOException {
    return switch (this) {
      case SINGLE -> new SingleUpstream(program, directory);
      case CLUSTER -> new ClusterUpstream(program, directory);
    };
  }

  /** Returns the name of a run's report. */
  String report() {
    return this == SINGLE ? "outbox" : "outbox-cluster";
  }

  /** Returns what has to be said to the run to have it. */
  String arguments() {
    return this == SINGLE ? "outbox" : "outbox --shape cluster";
  }

  /** Returns what a report says of the Redis that is killed. */
  String killed() {
    return this == SINGLE
        ? "a Redis with `appendfsync always`"
        : "one of three primaries, which have no replicas and `appendfsync always`,";
  }
}

package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.EmbeddedPostgres;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where a scenario's servers are started; they are stopped, in opposite order, when it is closed.
 *
 * <p>Closed by the scenario, or by the end of the process: whoever comes first.
 */
final class Site implements AutoCloseable {
  private static final Duration OPEN_WITHIN = Duration.ofSeconds(20);

  private final Opening opening;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  private Site(Opening opening) {
    this.opening = opening;
  }

  /** Where scenarios get a site of their own, and which of them are open. */
  record Opening(
      Path directory, Path redisProgram, PrintStream progress, Effort effort, Set<Site> sites) {
    Opening(Path directory, Path redisProgram, PrintStream progress, Effort effort) {
      this(directory, redisProgram, progress, effort, ConcurrentHashMap.newKeySet());
    }

    Site open() {
      Site site = new Site(this);
      sites.add(site);
      return site;
    }

    /** Stops everything, at the end of the process. */
    void closeAll() {
      sites.forEach(Site::close);
    }
  }

  /** Returns one in the same place, for what is to end earlier. */
  Site within() {
    return opening.open();
  }

  Effort effort() {
    return opening.effort;
  }

  EmbeddedRedis redis(String... options) {
    return add(EmbeddedRedis.start(opening.redisProgram, opening.directory, List.of(options)));
  }

  /** Starts one where another has ended. */
  EmbeddedRedis redisAt(int port) {
    return add(EmbeddedRedis.start(opening.redisProgram, opening.directory, port, List.of()));
  }

  EmbeddedPostgres postgres() {
    return add(EmbeddedPostgres.start(opening.directory));
  }

  Hop hop(int target, Duration eachWay) throws IOException {
    return add(Hop.to(target, eachWay));
  }

  /** Starts a sidecar and waits until its L1 is open. */
  EmbeddedNearside sidecar(int redisPort, String... settings)
      throws IOException, InterruptedException {
    EmbeddedNearside sidecar = closedSidecar("redis://127.0.0.1:" + redisPort, settings);
    Poll.until("L1 is open", OPEN_WITHIN, sidecar::isReady);
    return sidecar;
  }

  /** Starts a sidecar that need not open its L1. */
  EmbeddedNearside closedSidecar(String upstream, String... settings) {
    return add(EmbeddedNearside.start(upstream, List.of(settings), opening.directory));
  }

  RedisConnection connect(int port) throws IOException {
    return add(RedisConnection.open(port));
  }

  Path directory() {
    return opening.directory;
  }

  /** Starts load beside what is measured. */
  void beside(int port, Beside.Kind kind) throws IOException {
    add(Beside.start(port, kind));
  }

  void say(String format, Object... words) {
    opening.progress.printf("  " + format + "%n", words);
  }

  private synchronized <T extends AutoCloseable> T add(T part) {
    started.push(part);
    return part;
  }

  @Override
  public synchronized void close() {
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        say("could not be stopped: %s", String.valueOf(e.getMessage()));
      }
    }
    opening.sites.remove(this);
  }
}

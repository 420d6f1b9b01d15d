package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Assignment;
import dev.nearside.benchmarks.generator.Round;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What the event loops of a sidecar allocate under a load, in a round of its own: to ask for it is
 * a load, too, and not to be part of the other figures.
 *
 * <p>It is read twice within the measured interval, when all connections are open. What the loops
 * allocate without any request, for the heartbeats of the sidecar's own connections, is measured
 * just before, for as long, and taken off.
 */
final class Allocation {
  private static final int PARTS = 4;

  private final LoadGenerator generator;

  Allocation(LoadGenerator generator) {
    this.generator = generator;
  }

  /**
   * Plays a round and returns the bytes allocated per request, beyond those of as long a rest.
   *
   * @param pid the sidecar's
   * @throws IOException if the sidecar or the generator fails
   */
  double bytesPerRequest(long pid, Assignment assignment) throws IOException, InterruptedException {
    Duration part = Duration.ofMillis(assignment.load().measuredMs()).dividedBy(PARTS);
    Duration before = Duration.ofMillis(assignment.load().warmupMs()).plus(part);
    try (LoopAllocation loops = LoopAllocation.of(pid);
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      double atRest = bytesPerSecond(loops, part.multipliedBy(2));
      Future<Round> round = thread.submit(() -> generator.run(assignment));
      Thread.sleep(before);
      double loaded = bytesPerSecond(loops, part.multipliedBy(2));
      return Math.max(0, loaded - atRest) / round.get().requestsPerSecond();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  private static double bytesPerSecond(LoopAllocation loops, Duration during)
      throws IOException, InterruptedException {
    long beganNs = System.nanoTime();
    long before = loops.bytes();
    Thread.sleep(during); // the interval is what is measured, nothing is waited for
    return (loops.bytes() - before) * 1e9 / (System.nanoTime() - beganNs);
  }
}

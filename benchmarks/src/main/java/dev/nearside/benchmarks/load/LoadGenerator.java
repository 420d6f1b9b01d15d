package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Assignment;
import dev.nearside.benchmarks.generator.Round;
import java.io.IOException;

/** Where a generator runs: in a process of its own, or in this one. */
@FunctionalInterface
interface LoadGenerator {
  /**
   * Runs a load to its end.
   *
   * @throws IOException if a server fails or a reply is wrong
   */
  Round run(Assignment assignment) throws IOException, InterruptedException;
}

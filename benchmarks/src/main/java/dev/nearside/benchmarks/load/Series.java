package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Measure;
import dev.nearside.benchmarks.generator.Round;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rounds of one server under one load.
 *
 * @param server its name
 * @param rounds in the order they were run
 * @param reads GETs that were sent in them, warm-up included
 * @param readsAtRedis GETs that Redis executed meanwhile
 * @param fillsAtRedis how many of those were made to hold their key: PTTLs, which go with them
 * @param allocatedBytes by event loops per request, or null where that was not measured
 */
record Series(
    String server,
    List<Round> rounds,
    long reads,
    long readsAtRedis,
    long fillsAtRedis,
    @Nullable Double allocatedBytes) {
  /** Returns the median of a measure over the rounds; of an even number, the middle two's mean. */
  double median(Measure measure) {
    return measure.median(rounds);
  }

  /** Returns this series' median of a measure as a multiple of the other's. */
  double ratio(Series other, Measure measure) {
    return median(measure) / other.median(measure);
  }

  /** Returns the share of the GETs that never reached Redis. */
  double local() {
    return 1 - (double) readsAtRedis / reads;
  }

  /** Returns the share of the GETs that brought their key into memory. */
  double filled() {
    return (double) fillsAtRedis / reads;
  }

  /** Returns whether a Redis is behind this server. */
  boolean isProxy() {
    return rounds.getFirst().cpuSeconds().size() > 1;
  }

  /** Returns how much of a core the generator's process used. */
  double generatorLoad() {
    return Measure.median(
        rounds.stream().mapToDouble(r -> r.generatorCpuSeconds() / r.seconds()).toArray());
  }

  /** Returns the same with what event loops allocate. */
  Series allocating(double bytesPerRequest) {
    return new Series(server, rounds, reads, readsAtRedis, fillsAtRedis, bytesPerRequest);
  }
}

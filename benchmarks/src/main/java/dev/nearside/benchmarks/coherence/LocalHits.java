package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.servers.EmbeddedNearside;
import java.io.IOException;
import java.time.Duration;

/** Whether a sidecar answers from memory, seen by its own count. */
final class LocalHits {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private LocalHits() {}

  /** Reads the key until memory answers, and returns the milliseconds that took. */
  static double await(EmbeddedNearside sidecar, String key)
      throws IOException, InterruptedException {
    return awaitAfter(sidecar, key, -1);
  }

  /** As above, by a tracked connection that is newer than this generation. */
  static double awaitAfter(EmbeddedNearside sidecar, String key, double generation)
      throws IOException, InterruptedException {
    try (Redial client = new Redial(sidecar.port())) {
      return Poll.until("reads are local", LIMIT, () -> isLocal(sidecar, client, key, generation));
    }
  }

  private static boolean isLocal(
      EmbeddedNearside sidecar, Redial client, String key, double generation)
      throws IOException, InterruptedException {
    if (generation(sidecar) <= generation) {
      client.call("GET", key);
      return false;
    }
    double before = count(sidecar);
    client.call("GET", key);
    return count(sidecar) > before;
  }

  static double generation(EmbeddedNearside sidecar) throws IOException, InterruptedException {
    return sidecar.metric("nearside_generation");
  }

  private static double count(EmbeddedNearside sidecar) throws IOException, InterruptedException {
    return sidecar.metric("nearside_requests_total", "way=\"local\"");
  }
}

package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.telemetry.Breach;
import dev.nearside.proxy.telemetry.GenerationEnd;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts how the generations of one tracked connection end, and what befalls them that the contract
 * names as its exceptions. Thread-safe.
 */
final class Breaches {
  private static final Logger log = LoggerFactory.getLogger(Breaches.class);

  private final Metrics metrics;
  private final Supplier<String> name;
  private volatile @Nullable String lastNodeId;

  /**
   * Creates those of a connection.
   *
   * @param name says where it leads to, for logs
   */
  Breaches(Metrics metrics, Supplier<String> name) {
    this.metrics = metrics;
    this.name = name;
  }

  void count(Breach breach) {
    log.warn("{}: an exception of the contract: {}", name.get(), breach.label());
    metrics.counter(Metric.BREACHES, breach.label()).increment();
  }

  /** A generation has ended. */
  void ended(GenerationEnd end) {
    metrics.counter(Metric.GENERATIONS_ENDED, end.label()).increment();
    Breach breach = Breach.of(end);
    if (breach != null) {
      count(breach);
    }
  }

  /**
   * The connection leads to the node called {@code nodeId}, or null where it did not say. What an
   * earlier one has shown may be lost, or older than what another one knew.
   */
  void reached(@Nullable String nodeId) {
    String before = lastNodeId;
    if (before != null && nodeId != null && !before.equals(nodeId)) {
      count(Breach.NODE);
    }
    lastNodeId = nodeId == null ? before : nodeId;
  }
}

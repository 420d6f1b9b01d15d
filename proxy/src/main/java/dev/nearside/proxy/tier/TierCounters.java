package dev.nearside.proxy.tier;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.telemetry.Tier;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What Redis and the database could answer, by namespace. Thread-safe; counting is lock-free. */
final class TierCounters {
  private final Map<Namespace, Integer> numbers = new HashMap<>();
  private final int none;
  private final List<LongAdder> redisHits;
  private final List<LongAdder> redisMisses;
  private final List<LongAdder> databaseHits;
  private final List<LongAdder> databaseMisses;

  TierCounters(Metrics metrics, Namespaces namespaces) {
    none = metrics.namespaceIndex(Metrics.NO_NAMESPACE);
    for (Namespace namespace : namespaces.all()) {
      numbers.put(namespace, metrics.namespaceIndex(namespace.name()));
    }
    redisHits = metrics.hits(Tier.REDIS);
    redisMisses = metrics.misses(Tier.REDIS);
    databaseHits = metrics.hits(Tier.DATABASE);
    databaseMisses = metrics.misses(Tier.DATABASE);
  }

  /** Returns how many numbers there are. */
  int size() {
    return redisHits.size();
  }

  /** Returns the number of {@code namespace} in metrics. */
  int number(@Nullable Namespace namespace) {
    Integer number = namespace == null ? null : numbers.get(namespace);
    return number == null ? none : number;
  }

  void redis(@Nullable Namespace namespace, boolean hit) {
    (hit ? redisHits : redisMisses).get(number(namespace)).increment();
  }

  /** Counts a read through the database: which of the two tiers had the answer. */
  void readThrough(Namespace namespace, DatabaseFill.Outcome outcome) {
    if (outcome.asked()) {
      database(namespace, outcome.answer());
    } else {
      redis(namespace, outcome.answer() instanceof Answer.Hit);
    }
  }

  /** Counts what the database said; where it could not say, a miss. */
  private void database(Namespace namespace, Answer answer) {
    boolean hit = answer instanceof Answer.Hit;
    (hit ? databaseHits : databaseMisses).get(number(namespace)).increment();
  }
}

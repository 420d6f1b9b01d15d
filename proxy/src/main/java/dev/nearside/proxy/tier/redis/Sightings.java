package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.config.NearsideConfig.Address;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which primary each sentinel has last named, and whom to believe: the one who knows of the latest
 * failover. What a sentinel has said counts until it says something else, also while it cannot be
 * asked: one that was cut off before a failover must not lead back to the old primary. Unless it
 * has been silent for a minute and most of the others have not: it may never come back. Not
 * thread-safe.
 */
final class Sightings {
  /**
   * What a sentinel says.
   *
   * @param primary where the primary listens
   * @param epoch the number of the configuration by which it became so; each failover has a higher
   */
  record Sighting(Address primary, long epoch) {}

  private record Dated(Sighting said, long atNs) {}

  private static final long SILENCE_NS = Duration.ofMinutes(1).toNanos();

  private final int sentinels;
  private final LongSupplier clockNs;
  private final Map<String, Dated> bySentinel = new HashMap<>();
  private @Nullable Address believed;

  /**
   * Creates the sightings of nobody.
   *
   * @param sentinels how many there are
   * @param clockNs the time in nanoseconds
   */
  Sightings(int sentinels, LongSupplier clockNs) {
    this.sentinels = sentinels;
    this.clockNs = clockNs;
  }

  /**
   * Takes what the sentinel called {@code id} says, and returns where the primary is. Where equally
   * good sentinels disagree, it stays where it was.
   */
  Address saw(String id, Sighting said) {
    long nowNs = clockNs.getAsLong();
    bySentinel.put(id, new Dated(said, nowNs));
    forgetTheSilent(nowNs);
    List<Sighting> all = bySentinel.values().stream().map(Dated::said).toList();
    long latest = all.stream().mapToLong(Sighting::epoch).max().orElseThrow();
    Address known = believed;
    if (known == null || !all.contains(new Sighting(known, latest))) {
      known =
          all.stream().filter(each -> each.epoch() == latest).findFirst().orElseThrow().primary();
      believed = known;
    }
    return known;
  }

  private void forgetTheSilent(long nowNs) {
    long heard =
        bySentinel.values().stream().filter(each -> nowNs - each.atNs < SILENCE_NS).count();
    if (heard > sentinels / 2) {
      bySentinel.values().removeIf(each -> nowNs - each.atNs >= SILENCE_NS);
    }
  }
}

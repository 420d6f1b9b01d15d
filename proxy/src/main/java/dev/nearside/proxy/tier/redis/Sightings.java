package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which primary each sentinel has last named, and whom to believe: the one who knows of the latest
 * failover. What a sentinel has said counts until it says something else, also while it cannot be
 * asked: one that was cut off before a failover must not lead back to the old primary. Not
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

  private final Map<String, Sighting> bySentinel = new HashMap<>();
  private @Nullable Address believed;

  /**
   * Takes what the sentinel called {@code id} says, and returns where the primary is. Where equally
   * good sentinels disagree, it stays where it was.
   */
  Address saw(String id, Sighting said) {
    bySentinel.put(id, said);
    long latest = bySentinel.values().stream().mapToLong(Sighting::epoch).max().orElseThrow();
    Address known = believed;
    boolean stays = known != null && bySentinel.values().contains(new Sighting(known, latest));
    if (!stays) {
      known =
          bySentinel.values().stream()
              .filter(each -> each.epoch() == latest)
              .findFirst()
              .orElseThrow()
              .primary();
      believed = known;
    }
    return java.util.Objects.requireNonNull(known);
  }
}

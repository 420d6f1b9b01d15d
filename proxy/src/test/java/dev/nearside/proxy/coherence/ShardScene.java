package dev.nearside.proxy.coherence;

import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import io.prometheus.client.CollectorRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** Two shards over a real L1, whose time and tracked connection are played by the test. */
final class ShardScene {
  static final long MAX_STALENESS_NS = 1_000;
  static final long NEVER_NS = Long.MAX_VALUE / 2;

  final LocalTier local = new LocalTier(1 << 20, 1 << 20);
  final Coherence coherence =
      new Coherence(
          local,
          List.of(0, 1),
          Duration.ofNanos(MAX_STALENESS_NS),
          new Metrics(new CollectorRegistry(), List.of()));
  final Shard shard = coherence.shards().getFirst();
  final Shard.Found found = new Shard.Found();
  int pings;

  ShardScene() {
    coherence.setMode(L1Mode.ON);
  }

  /** Opens every shard at {@code nowNs}. */
  ShardScene open(long nowNs) {
    coherence.shards().forEach(each -> each.open(nowNs, () -> pings++));
    return this;
  }

  static LookupKey key(int database, String name) {
    return new LookupKey().set(database, name.getBytes(StandardCharsets.UTF_8));
  }

  Entry begin(String name) {
    Entry token = local.token(key(0, name), shard.epochOf(key(0, name)), 0, new Flight(0));
    local.begin(token);
    return token;
  }

  boolean land(Entry token) {
    return local.publish(token, "$1\r\nv\r\n".getBytes(StandardCharsets.UTF_8), NEVER_NS);
  }

  void hold(int database, String name) {
    Shard at = coherence.shards().get(database);
    Entry token =
        local.token(key(database, name), at.epochOf(key(database, name)), 0, new Flight(0));
    local.begin(token);
    land(token);
  }

  Shard.Verdict look(String name, long nowNs, long floorNs) {
    return shard.look(key(0, name), nowNs, floorNs, found);
  }
}

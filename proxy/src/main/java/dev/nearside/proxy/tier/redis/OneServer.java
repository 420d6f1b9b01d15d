package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.Discovery.Sentinels;
import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One server, always at the same address or where sentinels say; a connection per database. */
final class OneServer implements Whereabouts {
  private final TrackedConnections tracked;
  private final @Nullable SentinelWatch sentinels;
  private final Supplier<@Nullable Address> address;

  /**
   * Creates the tracked connections of {@code shards}; none is made yet.
   *
   * @param moved told where the server is from now on, not of the first; on a thread that must not
   *     wait
   */
  OneServer(Parts parts, List<Shard> shards, Consumer<Address> moved) {
    tracked = parts.tracked();
    sentinels = sentinels(parts, moved);
    Address named = parts.upstream().discovery().named().getFirst();
    address = sentinels == null ? () -> named : sentinels::primary;
    for (Shard shard : shards) {
      tracked.add(
          shard,
          new TrackedConnection(
              parts.clients().tracking(address, shard.database(), TRACKED),
              shard,
              TrackedSettings.of(parts.coherence(), shards.size(), primaryOnly(), null),
              parts.context()));
    }
  }

  private static @Nullable SentinelWatch sentinels(Parts parts, Consumer<Address> moved) {
    return parts.upstream().discovery() instanceof Sentinels named
        ? new SentinelWatch(
            parts.clients().sentinels(),
            parts.clients().uris(),
            named,
            parts.context().scheduler(),
            parts.upstream().connectTimeout(),
            moved)
        : null;
  }

  @Override
  public @Nullable Address address() {
    return address.get();
  }

  @Override
  public boolean primaryOnly() {
    return sentinels != null;
  }

  @Override
  public void find() {
    if (sentinels != null) {
      sentinels.start();
    }
  }

  @Override
  public void track() {
    tracked.all().forEach(TrackedConnection::start);
  }

  @Override
  public void close() {
    if (sentinels != null) {
      sentinels.close();
    }
  }
}

package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.config.Discovery.Sentinels;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.security.Credentials;
import dev.nearside.proxy.tier.redis.Sightings.Sighting;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Knows from the sentinels where the primary is, and tells when it changes. Thread-safe. */
final class SentinelWatch implements AutoCloseable {
  private final Duration patience;
  private final Consumer<Address> moved;
  private final List<SentinelConnection> sentinels = new ArrayList<>();

  /** Held while somebody is believed and while that is told, so that it is told in this order. */
  private final ReentrantLock believing = new ReentrantLock();

  private final Sightings sightings;
  private final CountDownLatch known = new CountDownLatch(1);
  private volatile @Nullable Address primary;

  /**
   * Creates a watch that asks nobody yet.
   *
   * @param client speaks RESP3, with automatic reconnect off
   * @param scheduler runs heartbeats and reconnects; stays the caller's
   * @param patience how long a sentinel may leave unanswered what it is asked
   * @param moved told where the primary is from now on, not of the first; on a thread that must not
   *     wait
   */
  SentinelWatch(
      RedisClient client,
      UpstreamUris uris,
      Sentinels discovery,
      ScheduledExecutorService scheduler,
      Duration patience,
      Consumer<Address> moved) {
    this.patience = patience;
    this.moved = moved;
    this.sightings = new Sightings(discovery.addresses().size(), System::nanoTime);
    String user = discovery.user() == null ? Credentials.DEFAULT_USER : discovery.user();
    Credentials own = new Credentials(user, discovery.password());
    for (Address address : discovery.addresses()) {
      sentinels.add(
          new SentinelConnection(
              Connector.to(client, uris.uri(address, () -> own, 0, "nearside-sentinel")),
              discovery.primary(),
              scheduler,
              patience,
              this::saw));
    }
  }

  /** Starts asking, and waits for the first answer, but not for ever. */
  void start() {
    sentinels.forEach(SentinelConnection::start);
    try {
      known.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns where the primary is, or null while nobody has named one. */
  @Nullable Address primary() {
    return primary;
  }

  private void saw(String sentinel, Sighting said) {
    believing.lock();
    try {
      Address before = primary;
      Address now = sightings.saw(sentinel, said);
      primary = now;
      known.countDown();
      if (before != null && !before.equals(now)) {
        moved.accept(now);
      }
    } finally {
      believing.unlock();
    }
  }

  @Override
  public void close() {
    sentinels.forEach(SentinelConnection::close);
  }
}

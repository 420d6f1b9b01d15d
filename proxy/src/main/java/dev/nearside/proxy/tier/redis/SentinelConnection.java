package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.security.TlsRefusal;
import dev.nearside.proxy.tier.redis.Sightings.Sighting;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to one sentinel: subscribed to what it says of failovers, and asked for the
 * primary when it says something, and each second besides. Thread-safe; never blocks.
 */
final class SentinelConnection implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SentinelConnection.class);

  /** What each sentinel publishes when it knows, and the one that leads a failover earlier. */
  private static final byte[][] CHANNELS = {
    "+switch-master".getBytes(US_ASCII), "+promoted-slave".getBytes(US_ASCII)
  };

  private final Connector connector;
  private final String primary;
  private final ScheduledExecutorService scheduler;
  private final Duration patience;
  private final BiConsumer<String, Sighting> saw;
  private final PacedTries tries;
  private volatile @Nullable SubscribedLink link;
  private volatile String state = "connecting";
  private volatile boolean closed;

  /**
   * Creates a connection that is not yet being made.
   *
   * @param primary what the sentinel calls the primary
   * @param scheduler runs heartbeats and reconnects; stays the caller's
   * @param patience how long a heartbeat may be unanswered
   * @param saw told which sentinel names which primary, on the connection's thread
   */
  SentinelConnection(
      Connector connector,
      String primary,
      ScheduledExecutorService scheduler,
      Duration patience,
      BiConsumer<String, Sighting> saw) {
    this.connector = connector;
    this.primary = primary;
    this.scheduler = scheduler;
    this.patience = patience;
    this.saw = saw;
    this.tries = new PacedTries(scheduler, new ConnectPace()); // one lost says nothing of another
  }

  /** Starts connecting, and goes on for ever. */
  void start() {
    tries.soon(this::connect);
  }

  @Override
  public void close() {
    closed = true;
    SubscribedLink current = link;
    if (current != null) {
      current.lose("stopping");
    }
  }

  private void connect() {
    if (closed) {
      return;
    }
    connector
        .connectPubSub()
        .whenComplete((connection, failure) -> {
          if (connection == null) {
            tries.failed();
            retry("cannot connect: " + TlsRefusal.words(failure));
          } else if (closed) {
            connection.closeAsync();
          } else {
            Subscription subscription = new Subscription();
            SubscribedLink next = new SubscribedLink(connection, scheduler, patience, subscription);
            link = next;
            next.subscribe(CHANNELS);
          }
        });
  }

  private void retry(String why) {
    if (!closed) {
      tell(why);
      tries.later(this::connect);
    }
  }

  private void tell(String now) {
    if (!now.equals(state)) {
      log.warn("sentinel {}: {}", connector.place(), now);
    }
    state = now;
  }

  /** One connection, from SUBSCRIBE to its loss. */
  private final class Subscription implements SubscribedLink.Owner {
    private final long madeAtNs = System.nanoTime();
    private volatile @Nullable String id;

    @Override
    public void subscribed(SubscribedLink on) {
      if (id == null) {
        tries.succeeded();
        ask(on, "MYID")
            .whenComplete((told, failure) -> {
              id = told == null || told.error() != null ? connector.place() : told.word(0);
              tick(on);
            });
      }
    }

    @Override
    public void message(SubscribedLink on, byte[] message) {
      tick(on);
    }

    /**
     * The epoch is asked for first: a failover in between makes it too low rather than too high.
     */
    @Override
    public void tick(SubscribedLink on) {
      String known = id;
      if (known == null) {
        return;
      }
      CompletionStage<Told> configuration = ask(on, "MASTER", primary);
      ask(on, "GET-MASTER-ADDR-BY-NAME", primary)
          .thenCombine(configuration, (address, status) -> sighting(address, status))
          .whenComplete((sighting, failure) -> {
            if (sighting != null) {
              state = "subscribed";
              saw.accept(known, sighting);
            } else {
              tell(failure == null ? "knows no primary " + primary : TlsRefusal.words(failure));
            }
          });
    }

    @Override
    public void lost(SubscribedLink gone, String why, boolean refused) {
      link = null;
      tries.ended(madeAtNs);
      retry(why);
    }
  }

  private static @Nullable Sighting sighting(Told address, Told status) {
    Object epoch = status.field("config-epoch");
    if (address.error() != null || address.values().size() < 2 || epoch == null) {
      return null;
    }
    try {
      return new Sighting(
          new Address(address.word(0), Integer.parseInt(address.word(1))),
          Long.parseLong(epoch.toString()));
    } catch (NumberFormatException e) {
      throw new CompletionException("names a primary in a way that is not known", e);
    }
  }

  private static CompletionStage<Told> ask(SubscribedLink on, String... words) {
    return Question.ask(on.connection(), CommandType.SENTINEL, words);
  }
}

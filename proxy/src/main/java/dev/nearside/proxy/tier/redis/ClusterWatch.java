package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.security.TlsRefusal;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks one node of a cluster after the other who has which slot: each second, and soon when
 * somebody doubts it. A node that knows of an earlier epoch than another did is not believed: it
 * may have been cut off before a failover. All of it happens on the scheduler's thread.
 */
final class ClusterWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ClusterWatch.class);
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration DOUBT_DELAY = Duration.ofMillis(20);
  private static final Duration FAILURE_DELAY = Duration.ofMillis(100);
  private static final String EPOCH = "cluster_current_epoch:";

  private final ClusterMap map;
  private final List<Address> seeds;
  private final Function<Address, Connector> connectors;
  private final ScheduledExecutorService scheduler;
  private final CountDownLatch known = new CountDownLatch(1);
  private final AtomicBoolean doubted = new AtomicBoolean();
  private @Nullable StatefulRedisConnection<byte[], byte[]> connection;
  private Address asked;
  private int next;
  private long latestEpoch;
  private boolean asking;
  private String trouble = "";
  private volatile boolean closed;

  /**
   * Creates a watch that asks nobody yet.
   *
   * @param connectors makes connections to an address, whose commands time out
   * @param scheduler runs everything; stays the caller's
   */
  ClusterWatch(
      ClusterMap map,
      List<Address> seeds,
      Function<Address, Connector> connectors,
      ScheduledExecutorService scheduler) {
    this.map = map;
    this.seeds = seeds;
    this.asked = seeds.getFirst();
    this.connectors = connectors;
    this.scheduler = scheduler;
    map.onDoubt(this::doubt);
  }

  /** Starts asking, and waits for the first answer, but not longer than {@code patience}. */
  void start(Duration patience) {
    again(Duration.ZERO);
    try {
      known.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void doubt() {
    if (doubted.compareAndSet(false, true)) {
      run(DOUBT_DELAY, this::ask);
    }
  }

  private void again(Duration delay) {
    run(
        delay,
        () -> {
          ask();
          again(PERIOD);
        });
  }

  private void run(Duration delay, Runnable task) {
    try {
      scheduler.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("not asking again: stopping");
    }
  }

  private void ask() {
    doubted.set(false);
    if (asking || closed) {
      return;
    }
    asking = true;
    StatefulRedisConnection<byte[], byte[]> current = connection;
    if (current != null && current.isOpen()) {
      ask(current);
    } else {
      connect();
    }
  }

  private void connect() {
    List<Address> candidates = map.primaries();
    int index = next++ % (candidates.size() + seeds.size());
    Address to =
        index < candidates.size() ? candidates.get(index) : seeds.get(index - candidates.size());
    asked = to;
    connectors
        .apply(to)
        .connect()
        .whenComplete((made, failure) ->
            run(
                Duration.ZERO,
                () -> {
                  if (made == null) {
                    failed("cannot connect: " + TlsRefusal.words(failure));
                  } else if (closed) {
                    made.closeAsync();
                  } else {
                    connection = made;
                    ask(made);
                  }
                }));
  }

  private void ask(StatefulRedisConnection<byte[], byte[]> on) {
    CompletionStage<Told> info = Question.ask(on, CommandType.CLUSTER, "INFO");
    Question.ask(on, CommandType.CLUSTER, "SLOTS")
        .thenCombine(info, (slots, status) -> new Told[] {slots, status})
        .whenComplete((told, failure) ->
            run(
                Duration.ZERO,
                () -> {
                  if (told == null) {
                    failed(TlsRefusal.words(failure));
                  } else {
                    told(told[0], told[1]);
                  }
                }));
  }

  private void told(Told slots, Told status) {
    String error = slots.error() == null ? status.error() : slots.error();
    if (error != null) {
      failed(error);
      return;
    }
    long epoch = epoch(status.word(0));
    if (epoch < latestEpoch) {
      failed("it knows of no later epoch than " + epoch + ", another one of " + latestEpoch);
      return;
    }
    latestEpoch = epoch;
    asking = false;
    trouble = "";
    map.update(owners(slots.values()));
    known.countDown();
  }

  private static long epoch(String info) {
    return info.lines()
        .filter(line -> line.startsWith(EPOCH))
        .mapToLong(line -> Long.parseLong(line.substring(EPOCH.length()).strip()))
        .findFirst()
        .orElse(0);
  }

  /** A node that says no host of itself, or another's, means the one that it was asked at. */
  private @Nullable Address[] owners(List<?> ranges) {
    @Nullable Address[] owners = new Address[HashSlot.COUNT];
    for (Object each : ranges) {
      List<?> range = (List<?>) each;
      List<?> primary = (List<?>) range.get(2);
      String host = String.valueOf(primary.get(0));
      boolean isSaid = !host.isEmpty() && !host.equals("?");
      Address owner =
          new Address(isSaid ? host : asked.host(), ((Number) primary.get(1)).intValue());
      int last = ((Number) range.get(1)).intValue();
      for (int slot = ((Number) range.get(0)).intValue(); slot <= last; slot++) {
        owners[slot] = owner;
      }
    }
    return owners;
  }

  private void failed(String why) {
    asking = false;
    if (!why.equals(trouble) && !closed) {
      log.warn("cluster node {}: {}", asked, why);
    }
    trouble = why;
    StatefulRedisConnection<byte[], byte[]> gone = connection;
    connection = null;
    if (gone != null) {
      gone.closeAsync();
    }
    run(FAILURE_DELAY, this::ask);
  }

  @Override
  public void close() {
    closed = true;
  }
}

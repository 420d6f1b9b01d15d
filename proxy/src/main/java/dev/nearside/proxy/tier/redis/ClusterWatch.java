package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.security.TlsRefusal;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a node of a cluster who has which slot: each second, and soon when somebody doubts it; after
 * some answers, and when an answer was in vain, another node. One is not believed that says the
 * cluster is down, or knows of an earlier epoch than another did: it may have been cut off before a
 * failover. All of it happens on the scheduler's thread.
 */
final class ClusterWatch implements AutoCloseable {
  /** To be run once an answer has come to what was asked at {@code sinceNs} or later. */
  private record Waiter(long sinceNs, Runnable then) {}

  private static final Logger log = LoggerFactory.getLogger(ClusterWatch.class);
  private static final long PERIOD_MS = 1_000;
  private static final long DOUBT_MS = 20;
  private static final long LEAST_GAP_MS = 100;
  private static final long ANSWERED_MS = 500;
  private static final int ANSWERS_OF_ONE = 10;
  private static final long FORGOTTEN_NS = TimeUnit.SECONDS.toNanos(10);
  private static final String EPOCH = "cluster_current_epoch:";
  private static final String WELL = "cluster_state:ok";

  private final ClusterMap map;
  private final List<Address> seeds;
  private final Function<Address, Connector> connectors;
  private final ScheduledExecutorService scheduler;
  private final CountDownLatch known = new CountDownLatch(1);
  private final AtomicBoolean doubted = new AtomicBoolean();

  /** Who waits for the word of another node than that at the address. */
  private final Map<Address, Waiter> waiters = new HashMap<>();

  private @Nullable StatefulRedisConnection<byte[], byte[]> connection;
  private @Nullable Future<?> next;
  private Address asked;
  private int tries;
  private int answers;
  private int failures;
  private int round;
  private long latestEpoch;
  private long refusedSinceNs;
  private long askedAtNs;
  private boolean asking;
  private boolean inDoubt;
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
    run(this::ask);
    try {
      known.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void doubt() {
    if (doubted.compareAndSet(false, true)) {
      run(() -> {
        inDoubt = true;
        again(DOUBT_MS);
      });
    }
  }

  /**
   * Runs {@code then}, on the scheduler's thread, once another node than the one at {@code about},
   * where there is another, has been asked from now on and is believed. Who waited for the same
   * before waits no more.
   */
  void confirm(Address about, Runnable then) {
    run(() -> {
      waiters.put(about, new Waiter(System.nanoTime(), then));
      again(DOUBT_MS);
    });
  }

  private void wakeWaiters(Address self) {
    boolean isAlone = map.snapshot().primaries().size() == 1;
    List<Address> told =
        waiters.entrySet().stream()
            .filter(each -> each.getValue().sinceNs - askedAtNs <= 0)
            .map(Map.Entry::getKey)
            .filter(about -> isAlone || !about.equals(self))
            .toList();
    for (Address about : told) {
      Objects.requireNonNull(waiters.remove(about)).then.run();
    }
    if (waiters.containsKey(self)) {
      leave();
    }
  }

  /** Asks in a while, and not before. */
  private void again(long delayMs) {
    Future<?> before = next;
    if (before != null) {
      before.cancel(false);
    }
    long sinceMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - askedAtNs);
    long waitMs = Math.max(delayMs, LEAST_GAP_MS - sinceMs);
    next = later(waitMs, this::ask);
  }

  private @Nullable Future<?> later(long delayMs, Runnable task) {
    try {
      return scheduler.schedule(() -> guarded(task), delayMs, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("not asking again: stopping");
      return null;
    }
  }

  private void run(Runnable task) {
    try {
      scheduler.execute(() -> guarded(task));
    } catch (RejectedExecutionException e) {
      log.debug("not asking: stopping");
    }
  }

  /** What a node says may be nothing that is known. */
  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      failed("it cannot be understood: " + e);
    }
  }

  private void ask() {
    if (asking || closed) {
      return; // what comes of it leads on
    }
    doubted.set(false);
    asking = true;
    askedAtNs = System.nanoTime();
    int asks = ++round;
    StatefulRedisConnection<byte[], byte[]> current = connection;
    if (current != null && current.isOpen()) {
      ask(current, asks);
    } else {
      connect(asks);
    }
  }

  /** One that hangs keeps nobody from asking another. */
  private void giveUp(int asks) {
    if (asking && asks == round) {
      failed("it does not answer");
    }
  }

  /** Runs {@code then} if what it comes of has not been given up meanwhile. */
  private void answered(int asks, Runnable then) {
    run(() -> {
      if (asking && asks == round) {
        then.run();
      }
    });
  }

  /** One after the other, but not the one again that has just failed. */
  private Address candidate() {
    List<Address> all = new ArrayList<>(map.snapshot().primaries());
    all.addAll(seeds);
    Address next = all.get(tries++ % all.size());
    return failures > 0 && next.equals(asked) ? all.get(tries++ % all.size()) : next;
  }

  private void connect(int asks) {
    Address to = candidate();
    asked = to;
    connectors
        .apply(to)
        .connect()
        .whenComplete((made, failure) -> {
          if (made == null) {
            answered(asks, () -> failed("cannot connect: " + TlsRefusal.words(failure)));
          } else {
            run(() -> connected(made, asks));
          }
        });
  }

  private void connected(StatefulRedisConnection<byte[], byte[]> made, int asks) {
    if (closed || !asking || asks != round) {
      made.closeAsync();
    } else {
      connection = made;
      ask(made, asks);
    }
  }

  private void ask(StatefulRedisConnection<byte[], byte[]> on, int asks) {
    later(ANSWERED_MS, () -> giveUp(asks));
    CompletionStage<Told> info = Question.ask(on, CommandType.CLUSTER, "INFO");
    CompletionStage<Told> self = Question.ask(on, CommandType.CLUSTER, "MYID");
    Question.ask(on, CommandType.CLUSTER, "SLOTS")
        .thenCombine(info, (slots, status) -> List.of(slots, status))
        .thenCombine(self, (both, id) -> List.of(both.get(0), both.get(1), id))
        .whenComplete((told, failure) ->
            answered(
                asks,
                () -> {
                  if (told == null) {
                    failed(TlsRefusal.words(failure));
                  } else {
                    told(told.get(0), told.get(1), told.get(2));
                  }
                }));
  }

  private void told(Told slots, Told status, Told self) {
    String error = slots.error() == null ? status.error() : slots.error();
    if (error != null) {
      failed(error);
      return;
    }
    String info = status.word(0);
    long epoch = epoch(info);
    @Nullable Address[] owners = owners(slots.values());
    if (!info.contains(WELL)) {
      failed("it says that the cluster is down");
    } else if (epoch < latestEpoch && !isLatestByNow()) {
      failed("it knows of no later epoch than " + epoch + ", another one of " + latestEpoch);
    } else if (Arrays.stream(owners).allMatch(Objects::isNull)) {
      failed("it knows of nobody who has slots");
    } else {
      latestEpoch = epoch;
      refusedSinceNs = 0;
      believe(owners, self(slots.values(), self.word(0)));
    }
  }

  /** Who knew of a later epoch may be gone with it, and its cluster made anew. */
  private boolean isLatestByNow() {
    long nowNs = System.nanoTime();
    refusedSinceNs = refusedSinceNs == 0 ? nowNs : refusedSinceNs;
    return nowNs - refusedSinceNs > FORGOTTEN_NS;
  }

  private void believe(@Nullable Address[] owners, Address self) {
    asking = false;
    failures = 0;
    trouble = "";
    int before = map.snapshot().version();
    map.update(owners);
    known.countDown();
    boolean inVain = inDoubt && map.snapshot().version() == before;
    inDoubt = false;
    if (++answers % ANSWERS_OF_ONE == 0 || inVain) {
      leave();
    }
    wakeWaiters(self);
    again(doubted.get() || !waiters.isEmpty() ? DOUBT_MS : PERIOD_MS);
  }

  private static long epoch(String info) {
    return info.lines()
        .filter(line -> line.startsWith(EPOCH))
        .mapToLong(line -> Long.parseLong(line.substring(EPOCH.length()).strip()))
        .findFirst()
        .orElse(0);
  }

  /** A node that says no host of itself, or another's, means the one that it was asked at. */
  private Address address(List<?> node) {
    String host = String.valueOf(node.get(0));
    boolean isSaid = !host.isEmpty() && !host.equals("?");
    return new Address(isSaid ? host : asked.host(), ((Number) node.get(1)).intValue());
  }

  /**
   * Returns by which address the one that was asked is known: it may have been asked at another.
   */
  private Address self(List<?> ranges, String id) {
    return ranges.stream()
        .map(range -> (List<?>) ((List<?>) range).get(2))
        .filter(primary -> primary.size() > 2 && id.equals(String.valueOf(primary.get(2))))
        .map(this::address)
        .findFirst()
        .orElse(asked);
  }

  private @Nullable Address[] owners(List<?> ranges) {
    @Nullable Address[] owners = new Address[HashSlot.COUNT];
    for (Object each : ranges) {
      List<?> range = (List<?>) each;
      Address owner = address((List<?>) range.get(2));
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
    leave();
    failures = Math.min(failures + 1, 4);
    again(LEAST_GAP_MS << (failures - 1));
  }

  /** Another node is asked next. */
  private void leave() {
    StatefulRedisConnection<byte[], byte[]> gone = connection;
    connection = null;
    if (gone != null) {
      gone.closeAsync();
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}

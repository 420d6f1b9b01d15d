package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.guard.Backoff;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Each primary of a cluster has the keys of its slots; who is one is followed. */
final class ClusterRowServers implements RowServers, ClusterMap.Listener {
  private static final Backoff BACKOFF = new Backoff();
  private static final int MOST_ASKED_AT_ONCE = 4;

  private final ClusterMap map;
  private final BiFunction<Address, ClusterRowServers, Server> maker;
  private final ScheduledExecutorService scheduler;
  private final long redirectForNs;
  private final ConcurrentMap<Address, Server> servers = new ConcurrentHashMap<>();

  /** Those that slots are on their way to, and that have none yet. */
  private final ConcurrentMap<Address, Server> guests = new ConcurrentHashMap<>();

  private volatile CapturedKeys captured = CapturedKeys.NONE;
  private volatile boolean watches;
  private volatile boolean closed;

  /**
   * Creates it; nobody is connected to before {@link #start}.
   *
   * @param map is kept up to date
   * @param maker makes what a primary is reached by, not connected
   * @param scheduler runs what is to be asked again; stays the caller's
   * @param redirectFor for how long that is tried
   */
  ClusterRowServers(
      ClusterMap map,
      BiFunction<Address, ClusterRowServers, Server> maker,
      ScheduledExecutorService scheduler,
      Duration redirectFor) {
    this.map = map;
    this.maker = maker;
    this.scheduler = scheduler;
    this.redirectForNs = redirectFor.toNanos();
  }

  @Override
  public SideNames names() {
    return SideNames.IN_SLOTS;
  }

  @Override
  public @Nullable Server of(int slot) {
    ClusterMap.Snapshot now = map.snapshot();
    Address owner = slot == HashSlot.NONE ? now.home() : now.owners().of(slot);
    return owner == null ? null : servers.get(owner);
  }

  @Override
  public Collection<Server> all() {
    return List.copyOf(servers.values());
  }

  @Override
  public void capture(CapturedKeys keys) {
    captured = keys;
    GateWatch watch = new GateWatch(this, keys.gate());
    keys.watchedBy(watch);
    long periodNs = GateWatch.PERIOD.toNanos();
    var _ = scheduler.scheduleAtFixedRate(watch::look, 0, periodNs, TimeUnit.NANOSECONDS);
  }

  @Override
  public void start(boolean withLeases) {
    watches = withLeases;
    map.onChange(this);
  }

  @Override
  public void doubt() {
    map.doubt();
  }

  /** A node that says that another is to be asked has done nothing: then that one is. */
  @Override
  public <T> CompletableFuture<T> ask(
      int slot,
      Function<StatefulRedisConnection<byte[], byte[]>, ? extends CompletionStage<T>> command) {
    Asking<T> asking = new Asking<>(slot, command);
    asking.ask();
    return asking.answer;
  }

  /**
   * Each by itself, the lease first, and wherever they are: those of a slot that moves may be at
   * different nodes.
   */
  @Override
  public CompletableFuture<Long> forget(List<byte[]> keys) {
    return keys.stream()
        .map(key -> delete(names().lease(key)).thenCompose(gone -> delete(key)))
        .reduce((one, other) -> one.thenCombine(other, Long::sum))
        .orElseGet(() -> CompletableFuture.completedFuture(0L));
  }

  private CompletableFuture<Long> delete(byte[] name) {
    Asking<Long> asking = new Asking<>(names().slotOf(name), redis -> redis.async().del(name));
    asking.single = redis -> behindAsking(redis, name);
    asking.ask();
    return asking.answer;
  }

  private static CompletionStage<Long> behindAsking(
      StatefulRedisConnection<byte[], byte[]> redis, byte[] name) {
    AsyncCommand<byte[], byte[], Long> deletion =
        new AsyncCommand<>(
            new Command<>(
                CommandType.DEL,
                new IntegerOutput<>(ByteArrayCodec.INSTANCE),
                new CommandArgs<>(ByteArrayCodec.INSTANCE).addKey(name)));
    redis.dispatch(
        List.of(
            new AsyncCommand<>(
                new Command<>(CommandType.ASKING, new StatusOutput<>(ByteArrayCodec.INSTANCE))),
            deletion));
    return deletion;
  }

  @Override
  public CompletableFuture<KeyPage> scan(byte[] pattern, @Nullable String from) {
    return new ClusterScan(map, this::connectionTo).scan(pattern, from);
  }

  @Override
  public @Nullable Set<StatefulRedisConnection<byte[], byte[]>> connections() {
    Set<StatefulRedisConnection<byte[], byte[]>> all = new HashSet<>();
    for (Server each : servers.values()) {
      StatefulRedisConnection<byte[], byte[]> connection = each.administration().connection();
      if (connection == null || !connection.isOpen()) {
        return null;
      }
      all.add(connection);
    }
    return all;
  }

  /** Returns the connection to {@code primary}, or null while there is none. */
  @Nullable StatefulRedisConnection<byte[], byte[]> connectionTo(Address primary) {
    Server server = servers.get(primary);
    return server == null ? null : server.administration().connection();
  }

  @Override
  public OutboxRegistry registry(int database) {
    return new ClusterRegistry(this, map);
  }

  private <T> CompletableFuture<T> askOnce(
      int slot,
      Function<StatefulRedisConnection<byte[], byte[]>, ? extends CompletionStage<T>> command) {
    return RowServers.super.ask(slot, command);
  }

  /** One command, until somebody has executed it or there is no more time. */
  private final class Asking<T> {
    final CompletableFuture<T> answer = new CompletableFuture<>();
    private final int slot;
    private final Function<StatefulRedisConnection<byte[], byte[]>, ? extends CompletionStage<T>>
        command;
    private final long startedNs = System.nanoTime();

    /** The command for a node that has only its key of a slot; null: all keys have to be there. */
    private @Nullable
        Function<StatefulRedisConnection<byte[], byte[]>, ? extends CompletionStage<T>>
        single;

    private final AtomicInteger redirects = new AtomicInteger();

    Asking(
        int slot,
        Function<StatefulRedisConnection<byte[], byte[]>, ? extends CompletionStage<T>> command) {
      this.slot = slot;
      this.command = command;
    }

    void ask() {
      try {
        await(askOnce(slot, command));
      } catch (RuntimeException e) { // of Lettuce: whoever waits is told
        answer.completeExceptionally(e);
      }
    }

    private void await(CompletionStage<T> asked) {
      var _ =
          asked.whenComplete((said, failure) -> {
            if (failure == null) {
              answer.complete(said);
            } else {
              failed(failure);
            }
          });
    }

    /** Returns whether the node was asked that {@code redirect} names for this once. */
    private boolean asksThere(UnsentException redirect) {
      Address from = map.snapshot().ownerOf(slot);
      Address to = ClusterNode.askedAt(String.valueOf(redirect.getMessage()), from);
      if (to == null || single == null) {
        return false;
      }
      StatefulRedisConnection<byte[], byte[]> there =
          servers.containsKey(to) ? connectionTo(to) : guest(to).administration().connection();
      if (there == null || !there.isOpen()) {
        return false;
      }
      await(single.apply(there));
      return true;
    }

    private void askLater(Duration wait) {
      try {
        var _ = scheduler.schedule(this::ask, wait.toNanos(), TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException e) { // it has just been closed
        answer.completeExceptionally(new UnsentException("the sidecar stops"));
      }
    }

    /** Whoever has the slot by now may still have to be connected to. */
    private void failed(Throwable failure) {
      UnsentException redirect = UnsentException.ofRedirect(failure);
      if (redirect != null) {
        doubt();
        redirects.incrementAndGet();
        if (redirects.get() < MOST_ASKED_AT_ONCE && asksThere(redirect)) {
          return;
        }
      }
      boolean isUnsent = redirect != null || UnsentException.is(failure);
      Duration wait = BACKOFF.before(Math.max(1, redirects.get()));
      boolean inTime = System.nanoTime() - startedNs + wait.toNanos() < redirectForNs;
      if (isUnsent && redirects.get() > 0 && inTime && !closed) {
        askLater(wait);
      } else {
        answer.completeExceptionally(redirect == null ? failure : redirect);
      }
    }
  }

  @Override
  public void changed(ClusterMap.Snapshot next) {
    for (Address primary : next.isWhole() ? next.primaries() : List.<Address>of()) {
      join(primary);
    }
    servers.keySet().stream().filter(each -> !next.primaries().contains(each)).forEach(this::leave);
  }

  @Override
  public void moved(int slot, ClusterMap.Snapshot next) {
    changed(next);
  }

  private Server guest(Address node) {
    return guests.computeIfAbsent(
        node,
        at -> {
          Server made = maker.apply(at, this);
          made.administration().start();
          return made;
        });
  }

  private void join(Address primary) {
    Server guest = guests.remove(primary);
    if (guest != null) {
      close(guest);
    }
    if (!closed && !servers.containsKey(primary)) {
      Server made = maker.apply(primary, this);
      made.administration().capture(captured);
      servers.put(primary, made);
      made.administration().start();
      if (watches) {
        made.watch().start();
      }
    }
  }

  private void leave(Address primary) {
    Server gone = servers.remove(primary);
    if (gone != null) {
      close(gone);
    }
  }

  private static void close(Server server) {
    server.watch().close();
    server.administration().close();
  }

  @Override
  public void follow(@Nullable Address node, String runId) {
    Server server = node == null ? null : servers.get(node);
    if (server != null && server.administration().follow(runId)) {
      server.watch().renew();
    }
  }

  @Override
  public void close() {
    closed = true;
    all().forEach(ClusterRowServers::close);
    guests.values().forEach(ClusterRowServers::close);
  }
}

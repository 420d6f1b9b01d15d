package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.tier.redis.Look.Wake;
import dev.nearside.proxy.tier.redis.LookCommands.Seen;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.push.PushMessage;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection of {@link LeaseWatch}, until it is lost. Pushes and the replies to looks arrive on
 * its one thread in the order of the stream.
 */
final class WatchLink implements RedisConnectionStateListener {
  private final StatefulRedisConnection<byte[], byte[]> connection;
  private final SideNames names;
  private final Heartbeat heartbeat;
  private final long trustedNs;
  private final Consumer<WatchLink> onLoss;
  private final ConcurrentMap<ByteBuffer, Queue<CompletableFuture<Wake>>> waiting =
      new ConcurrentHashMap<>();
  private final AbsentRows absent;
  private final AtomicBoolean lost = new AtomicBoolean();
  private final AtomicBoolean replaced = new AtomicBoolean();

  /** Every change that the upstream had made by then has been told. */
  private volatile long toldAsOfNs = System.nanoTime();

  WatchLink(
      StatefulRedisConnection<byte[], byte[]> connection,
      SideNames names,
      LeaseWatch.Settings settings,
      ScheduledExecutorService scheduler,
      Consumer<byte[]> outdated,
      Consumer<WatchLink> onLoss) {
    this.connection = connection;
    this.names = names;
    this.heartbeat = new Heartbeat(scheduler, settings.heartbeat(), settings.answerTimeout());
    this.trustedNs = settings.maxSilence().toNanos() - settings.heartbeat().toNanos();
    this.absent = new AbsentRows(outdated);
    this.onLoss = onLoss;
    connection.addListener(this::pushed);
    connection.addListener(this);
  }

  boolean isLost() {
    return lost.get();
  }

  /** Returns true once, after the loss. */
  boolean isToBeReplaced() {
    return lost.get() && replaced.compareAndSet(false, true);
  }

  /**
   * Goes on for as long as the link lives: sends what is due, and forgets what may have changed
   * unheard.
   */
  void tick() {
    long nowNs = System.nanoTime();
    if (heartbeat.silence(nowNs) != null) {
      lose();
    }
    if (isLost()) {
      return;
    }
    if (isSilent(nowNs)) {
      absent.forgetAll();
    }
    if (heartbeat.isDue(nowNs)) {
      ping();
    }
    heartbeat.next(this::tick);
  }

  private boolean isSilent(long nowNs) {
    return nowNs - toldAsOfNs > trustedNs;
  }

  private void ping() {
    long sentAtNs = System.nanoTime();
    heartbeat.sending(sentAtNs);
    var _ =
        connection
            .async()
            .ping()
            .whenComplete((pong, failure) ->
                answered(
                    sentAtNs,
                    failure == null || failure instanceof RedisCommandExecutionException));
  }

  /** {@code told}: with a reply, whatever it says. */
  private void answered(long sentAtNs, boolean told) {
    heartbeat.received();
    if (told && sentAtNs - toldAsOfNs > 0) {
      toldAsOfNs = sentAtNs;
    }
  }

  CompletableFuture<Look> look(byte[] key) {
    ByteBuffer name = ByteBuffer.wrap(key);
    CompletableFuture<Wake> changed = register(name);
    long sentAtNs = System.nanoTime();
    heartbeat.sending(sentAtNs);
    return LookCommands.send(
        connection,
        key,
        names.lease(key),
        seen -> {
          answered(sentAtNs, seen != null);
          Look look = seen == null ? new Look.Unknown() : look(name, seen, changed);
          if (!(look instanceof Look.Held)) {
            changed.complete(Wake.TIMER); // nobody waits: takes it off the list
          }
          return look;
        });
  }

  private CompletableFuture<Wake> register(ByteBuffer name) {
    CompletableFuture<Wake> changed = new CompletableFuture<>();
    waiting.compute(
        name,
        (key, queue) -> {
          Queue<CompletableFuture<Wake>> into =
              queue == null ? new ConcurrentLinkedQueue<>() : queue;
          into.add(changed);
          return into;
        });
    var _ = changed.whenComplete((wake, never) -> unregister(name));
    if (lost.get()) {
      changed.complete(Wake.LOST);
    }
    return changed;
  }

  private void unregister(ByteBuffer name) {
    waiting.computeIfPresent(
        name,
        (key, queue) -> {
          queue.removeIf(CompletableFuture::isDone);
          return queue.isEmpty() ? null : queue;
        });
  }

  private Look look(ByteBuffer name, Seen seen, CompletableFuture<Wake> changed) {
    if (seen.value() != null) {
      return new Look.Value(seen.value());
    }
    if (seen.lease() == null || seen.leaseMillis() == -2) {
      return new Look.Free();
    }
    if (seen.isMarked()) {
      boolean told = !isSilent(System.nanoTime()) && absent.add(name);
      return told
          ? new Look.Absent(seen.leaseMillis(), () -> absent.contains(name))
          : Look.Absent.UNWATCHED;
    }
    return new Look.Held(seen.lease(), seen.leaseMillis(), changed);
  }

  private void pushed(PushMessage push) {
    if (!push.getType().equals("invalidate")) {
      return;
    }
    Object names = push.getContent().size() > 1 ? push.getContent().get(1) : null;
    if (names instanceof List<?> list) {
      list.forEach(name -> changed((ByteBuffer) name));
    } else {
      absent.forgetAll();
      wakeAll(Wake.PUSH);
    }
  }

  private void changed(ByteBuffer name) {
    byte[] key = names.keyOfLease(name);
    if (key == null) {
      wake(name, Wake.PUSH);
      return;
    }
    ByteBuffer of = ByteBuffer.wrap(key);
    absent.forget(of);
    wake(of, Wake.PUSH);
  }

  private void wake(ByteBuffer key, Wake why) {
    @Nullable Queue<CompletableFuture<Wake>> queue = waiting.get(key);
    if (queue != null) {
      List.copyOf(queue).forEach(waiter -> waiter.complete(why));
    }
  }

  /** Each of them looks again: on a thread that may be kept busy, unlike the connection's. */
  private void wakeAll(Wake why) {
    List<ByteBuffer> keys = List.copyOf(waiting.keySet());
    Thread.ofVirtual().name("nearside-lease-wake").start(() -> keys.forEach(key -> wake(key, why)));
  }

  @Override
  public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
    lose();
  }

  /**
   * Gives the connection up. What was absent is forgotten, then everybody who waits is woken; there
   * is no other connection before.
   */
  void lose() {
    if (!lost.compareAndSet(false, true)) {
      return;
    }
    absent.end(this::ended);
    connection.closeAsync();
  }

  private void ended() {
    onLoss.accept(this);
    wakeAll(Wake.LOST);
  }
}

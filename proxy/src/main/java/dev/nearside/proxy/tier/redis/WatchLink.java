package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.tier.redis.Look.Wake;
import dev.nearside.proxy.tier.redis.LookCommands.Seen;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.push.PushMessage;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection of {@link LeaseWatch}, until it is lost. Pushes and the replies to looks arrive on
 * its one thread in the order of the stream.
 */
final class WatchLink implements RedisConnectionStateListener {
  /** So many absent rows are remembered; others may be told, but not held. */
  private static final int MAX_ABSENT = 100_000;

  private final StatefulRedisConnection<byte[], byte[]> connection;
  private final Consumer<byte[]> outdated;
  private final Consumer<WatchLink> onLoss;
  private final ConcurrentMap<ByteBuffer, Queue<CompletableFuture<Wake>>> waiting =
      new ConcurrentHashMap<>();
  private final Set<ByteBuffer> absent = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean lost = new AtomicBoolean();
  private final AtomicBoolean replaced = new AtomicBoolean();

  WatchLink(
      StatefulRedisConnection<byte[], byte[]> connection,
      Consumer<byte[]> outdated,
      Consumer<WatchLink> onLoss) {
    this.connection = connection;
    this.outdated = outdated;
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

  CompletableFuture<Look> look(byte[] key) {
    ByteBuffer name = ByteBuffer.wrap(key);
    CompletableFuture<Wake> changed = register(name);
    return LookCommands.send(
        connection,
        key,
        seen -> {
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
      return new Look.Absent(remember(name) ? seen.leaseMillis() : 0);
    }
    return new Look.Held(seen.lease(), seen.leaseMillis(), changed);
  }

  /** Returns whether a later change of the marker will be told. */
  private boolean remember(ByteBuffer name) {
    if (absent.size() >= MAX_ABSENT) {
      return false;
    }
    absent.add(name);
    return !lost.get();
  }

  private void pushed(PushMessage push) {
    if (!push.getType().equals("invalidate")) {
      return;
    }
    Object names = push.getContent().size() > 1 ? push.getContent().get(1) : null;
    if (names instanceof List<?> list) {
      list.forEach(name -> changed((ByteBuffer) name));
    } else {
      List.copyOf(absent).forEach(this::forget);
      wakeAll(Wake.PUSH);
    }
  }

  private void changed(ByteBuffer name) {
    byte[] key = Leases.keyOf(name);
    if (key == null) {
      wake(name, Wake.PUSH);
      return;
    }
    ByteBuffer of = ByteBuffer.wrap(key);
    forget(of);
    wake(of, Wake.PUSH);
  }

  private void forget(ByteBuffer key) {
    if (absent.remove(key)) {
      byte[] name = new byte[key.remaining()];
      key.get(0, name);
      outdated.accept(name);
    }
  }

  private void wake(ByteBuffer key, Wake why) {
    @Nullable Queue<CompletableFuture<Wake>> queue = waiting.get(key);
    if (queue != null) {
      List.copyOf(queue).forEach(waiter -> waiter.complete(why));
    }
  }

  private void wakeAll(Wake why) {
    List.copyOf(waiting.keySet()).forEach(key -> wake(key, why));
  }

  @Override
  public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
    lose();
  }

  /** Gives the connection up and wakes everybody who waits. */
  void lose() {
    if (!lost.compareAndSet(false, true)) {
      return;
    }
    onLoss.accept(this);
    connection.closeAsync();
    absent.clear();
    wakeAll(Wake.LOST);
  }
}

package dev.nearside.benchmarks.outbox;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Clients of both sidecars, and the keys they write. They can be halted, and then none has a
 * command under way; whoever halts them sees all that they were told.
 */
final class Load implements AutoCloseable {
  private static final int CLIENTS = 8;
  private static final int SET_KEYS = 4;
  private static final int DELETED_KEYS = 2;
  private static final int COUNTED_KEYS = 4;

  private final ReentrantReadWriteLock turnstile = new ReentrantReadWriteLock(true);
  private final Tally tally = new Tally();
  private final Flow flow;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final List<WrittenKey> keys = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<CountedKey> counted;
  private final long first;
  private final int setKeys;
  private volatile boolean stopped;

  private Load(Flow flow, long first, int setKeys) {
    this.flow = flow;
    this.first = first;
    this.setKeys = setKeys;
    this.counted = LongStream.range(first, first + COUNTED_KEYS).mapToObj(CountedKey::new).toList();
    keys.addAll(counted);
  }

  /** Starts clients of the site. */
  static Load start(Site site, long seed) {
    return start(site, seed, 1, SET_KEYS);
  }

  /**
   * As {@link #start(Site, long)}.
   *
   * @param first the number of the first key, behind those of any load before
   * @param setKeys how many each client has that it never deletes
   */
  static Load start(Site site, long seed, long first, int setKeys) {
    Load load = new Load(new Flow(site.upstream().primaries()), first, setKeys);
    for (int i = 0; i < CLIENTS; i++) {
      List<NumberedKey> own = load.keysOf(i);
      Client client = new Client(site, load, own, seed + i);
      load.threads.add(Thread.ofPlatform().daemon().name("client-" + i).unstarted(client));
    }
    load.threads.forEach(Thread::start);
    return load;
  }

  private List<NumberedKey> keysOf(int client) {
    int count = setKeys + DELETED_KEYS;
    long from = first + COUNTED_KEYS + (long) client * count;
    List<NumberedKey> own =
        LongStream.range(0, count).mapToObj(i -> new NumberedKey(from + i, i >= setKeys)).toList();
    keys.addAll(own);
    return own;
  }

  /** Waits while the clients are halted; returns whether to go on, and then {@link #leave} ends. */
  boolean enter() {
    turnstile.readLock().lock();
    if (stopped) {
      turnstile.readLock().unlock();
      return false;
    }
    return true;
  }

  void leave() {
    turnstile.readLock().unlock();
  }

  /** Halts the clients, behind the commands that are under way. */
  void halt() {
    turnstile.writeLock().lock();
  }

  /** Lets them go on; called by the thread that has halted them. */
  void resume() {
    turnstile.writeLock().unlock();
  }

  /** A client cannot go on. */
  void failed(Throwable why) {
    failure.compareAndSet(null, why);
  }

  /**
   * Returns if all clients go on.
   *
   * @throws IOException if one had to end
   */
  void check() throws IOException {
    Throwable why = failure.get();
    if (why != null) {
      throw new IOException("a client had to end: " + why, why);
    }
  }

  /** Returns the number of the first of its keys. */
  long first() {
    return first;
  }

  List<WrittenKey> keys() {
    return keys;
  }

  List<CountedKey> counted() {
    return counted;
  }

  Tally tally() {
    return tally;
  }

  Flow flow() {
    return flow;
  }

  @Override
  public void close() {
    stopped = true;
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.nearside.proxy.mutant;

import java.util.Objects;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What the code of some mutants calls in place of what it called. Thread-safe. */
public final class StandIns {
  private static final int TURNS = 50;
  private static final long STOP_NS = 15_000_000;

  private StandIns() {}

  /**
   * In place of {@link ConcurrentMap#computeIfPresent}: puts the key, which is its own value,
   * whether it is still there or not.
   */
  public static @Nullable Object put(
      ConcurrentMap<Object, Object> map, Object key, BiFunction<Object, Object, Object> change) {
    map.put(key, key);
    return change.apply(key, key);
  }

  /** As {@link #put}, with what {@code change} makes of it. */
  public static @Nullable Object change(
      ConcurrentMap<Object, Object> map, Object key, BiFunction<Object, Object, Object> change) {
    Object changed = change.apply(key, key);
    if (changed != null) {
      map.put(Objects.requireNonNull(key), changed);
    }
    return changed;
  }

  /** Stands still, now and then. */
  public static void stumble() {
    if (ThreadLocalRandom.current().nextInt(TURNS) == 0) {
      LockSupport.parkNanos(STOP_NS);
    }
  }
}

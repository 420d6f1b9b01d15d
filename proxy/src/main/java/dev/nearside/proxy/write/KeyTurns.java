package dev.nearside.proxy.write;

import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/**
 * Turns of who writes the same key: each begins when the one before it has ended, on a virtual
 * thread of its own, since a thousand that fail at once must not stand on one stack. Keys whose
 * hashes meet wait for each other, too. Thread-safe, without locks.
 */
final class KeyTurns {
  private static final int LANES = 1024;

  private final AtomicReferenceArray<CompletableFuture<?>> last = new AtomicReferenceArray<>(LANES);

  /** Runs {@code task} when it is its turn; what it returns says when it has ended. */
  <T> CompletableFuture<T> take(byte[] key, Supplier<CompletableFuture<T>> task) {
    int hash = Arrays.hashCode(key);
    int lane = (hash ^ (hash >>> 16)) & (LANES - 1);
    CompletableFuture<T> result = new CompletableFuture<>();
    CompletableFuture<?> before = last.getAndSet(lane, result);
    if (before == null || before.isDone()) {
      run(task, result);
    } else {
      var _ =
          before.whenCompleteAsync(
              (ended, failure) -> run(task, result), Thread::startVirtualThread);
    }
    return result;
  }

  private static <T> void run(Supplier<CompletableFuture<T>> task, CompletableFuture<T> result) {
    try {
      var _ =
          task.get()
              .whenComplete((value, failure) -> {
                if (failure == null) {
                  result.complete(value);
                } else {
                  result.completeExceptionally(failure);
                }
              });
    } catch (RuntimeException bug) { // ours, and the next must have its turn
      result.completeExceptionally(bug);
    }
  }
}

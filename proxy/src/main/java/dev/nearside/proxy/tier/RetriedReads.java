package dev.nearside.proxy.tier;

import dev.nearside.proxy.guard.Backoff;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.Answer.Unavailable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;

/**
 * Reads of the database under its breaker and bulkhead, tried again while their connections break.
 * Thread-safe; never blocks.
 *
 * <p>A SELECT may be sent twice. Only DISCONNECTED is tried again, after a pause that doubles and
 * is random, and only as long as the pause leaves time before the read's own deadline: a read that
 * was too slow would be too slow again. What the breaker or the bulkhead refuses is refused.
 */
final class RetriedReads implements RowReads {
  private final RowReads database;
  private final Guard guard;
  private final Timer timer;
  private final Backoff backoff = new Backoff();
  private final LongAdder retried;

  RetriedReads(RowReads database, Guard guard, Timer timer, Metrics metrics) {
    this.database = database;
    this.guard = guard;
    this.timer = timer;
    this.retried = metrics.counter(Metric.RETRIES, "database");
  }

  @Override
  public CompletableFuture<Answer> read(Namespace namespace, byte[] name, long timeoutNs) {
    long deadlineNs = System.nanoTime() + timeoutNs;
    return guard
        .call(() -> database.read(namespace, name, timeoutNs))
        .thenCompose(answer -> settled(answer, namespace, name, deadlineNs, 1));
  }

  private CompletableFuture<Answer> settled(
      Answer answer, Namespace namespace, byte[] name, long deadlineNs, int retry) {
    long pauseNs = backoff.before(retry).toNanos();
    if (!isDisconnected(answer) || deadlineNs - System.nanoTime() - pauseNs <= 0) {
      return CompletableFuture.completedFuture(answer);
    }
    return after(pauseNs)
        .thenCompose(now -> again(answer, namespace, name, deadlineNs))
        .thenCompose(next -> settled(next, namespace, name, deadlineNs, retry + 1));
  }

  private CompletableFuture<Answer> again(
      Answer before, Namespace namespace, byte[] name, long deadlineNs) {
    long leftNs = Math.max(1, deadlineNs - System.nanoTime());
    return guard
        .call(() -> {
          retried.increment();
          return database.read(namespace, name, leftNs);
        })
        .thenApply(next -> isTimeout(next) ? before : next);
  }

  private CompletableFuture<Void> after(long pauseNs) {
    CompletableFuture<Void> now = new CompletableFuture<>();
    var _ = timer.schedule(() -> now.complete(null), pauseNs);
    return now;
  }

  private static boolean isDisconnected(Answer answer) {
    return answer instanceof Unavailable no && no.reason() == Reason.DISCONNECTED;
  }

  /** Where time runs out on a retry, the broken connection is still the reason. */
  private static boolean isTimeout(Answer answer) {
    return answer instanceof Unavailable no && no.reason() == Reason.TIMEOUT;
  }
}

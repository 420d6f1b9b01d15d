package dev.nearside.proxy.guard;

import dev.nearside.proxy.tier.Answer;
import dev.nearside.proxy.tier.Answer.Reason;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A breaker and a bulkhead in front of the reads of one tier. Thread-safe, never blocks.
 *
 * <p>Only {@code Unavailable} counts as failure, unless it is for a misfit or a refusal: others'
 * reads are well. While the breaker is open, and while the bulkhead is full, the tier is not asked
 * at all. When the breaker has been open for its time, a few probes are let through; they close it
 * or open it again.
 */
public final class Guard {

  /**
   * When a guard says no.
   *
   * @param failureRatePercent share of failures in the window at which the breaker opens
   * @param window how many last reads are looked at
   * @param minReads fewer reads than these never open the breaker
   * @param openFor how long an open breaker refuses before it probes
   * @param probes how many reads a half-open breaker lets through before it decides
   * @param maxConcurrent reads in flight, the bulkhead's bound
   */
  public record Limits(
      int failureRatePercent,
      int window,
      int minReads,
      Duration openFor,
      int probes,
      int maxConcurrent) {

    /** Returns the defaults: half of the last 20 (at least 10), 1 s open, 3 probes. */
    public static Limits defaults(int maxConcurrent) {
      return new Limits(50, 20, 10, Duration.ofSeconds(1), 3, maxConcurrent);
    }
  }

  /** What the breaker does with reads. */
  public enum State {
    /** Reads go through. */
    CLOSED,
    /** Reads are refused. */
    OPEN,
    /** A few probes go through, the rest is refused. */
    HALF_OPEN
  }

  private static final Answer FAILED = new Answer.Unavailable(Reason.DISCONNECTED);

  private final CircuitBreaker breaker;
  private final Bulkhead bulkhead;

  /**
   * Builds a closed guard.
   *
   * @param name the tier's, for messages
   * @param clock tells when an open breaker may probe
   */
  public Guard(String name, Limits limits, Clock clock) {
    this.breaker = CircuitBreaker.of(name, breakerConfig(limits, clock));
    this.bulkhead =
        Bulkhead.of(
            name,
            BulkheadConfig.custom()
                .maxConcurrentCalls(limits.maxConcurrent())
                .maxWaitDuration(Duration.ZERO)
                .build());
  }

  /**
   * Calls {@code read} unless the breaker or the bulkhead says no, then complete on return with
   * {@code Unavailable(BREAKER_OPEN)} or {@code Unavailable(SATURATED)}. The result is completed by
   * the thread that completes the read, after it was counted. A read that throws, at once or in its
   * future, is a mistake of ours: it counts as failure and is passed on.
   */
  public CompletableFuture<Answer> call(Supplier<CompletableFuture<Answer>> read) {
    Reason no = acquire();
    if (no != null) {
      return refused(no);
    }
    long start = now();
    CompletableFuture<Answer> answer;
    try {
      answer = read.get();
    } catch (RuntimeException | Error bug) {
      count(start, bug);
      throw bug;
    }
    return answer.whenComplete((value, bug) -> {
      if (bug != null) {
        count(start, bug);
      } else {
        count(start, value);
      }
    });
  }

  /**
   * Asks for one read, for callers whose reads are no futures. Allocates nothing.
   *
   * @return null when the read may be made, and then exactly one of {@link #succeeded}, {@link
   *     #failed} and {@link #release} has to follow; else why it may not
   */
  public @Nullable Reason acquire() {
    if (!breaker.tryAcquirePermission()) {
      return Reason.BREAKER_OPEN;
    }
    if (!bulkhead.tryAcquirePermission()) {
      breaker.releasePermission();
      return Reason.SATURATED;
    }
    return null;
  }

  /** Returns the present moment in this guard's own unit, to be given back with the outcome. */
  public long now() {
    return breaker.getCurrentTimestamp();
  }

  /** The read that was begun at {@code start} was answered. */
  public void succeeded(long start) {
    count(start, Answer.Miss.INSTANCE);
  }

  /** The read that was begun at {@code start} was not answered. */
  public void failed(long start) {
    count(start, FAILED);
  }

  /** The read was not made after all; nothing is counted. */
  public void release() {
    bulkhead.onComplete();
    breaker.releasePermission();
  }

  /** Returns the breaker's state; an open one turns half-open only when a read comes. */
  public State state() {
    return switch (breaker.getState()) {
      case CLOSED, DISABLED, METRICS_ONLY -> State.CLOSED;
      case OPEN, FORCED_OPEN -> State.OPEN;
      case HALF_OPEN -> State.HALF_OPEN;
    };
  }

  /** Returns how many reads are in flight. */
  public int inFlight() {
    Bulkhead.Metrics metrics = bulkhead.getMetrics();
    return metrics.getMaxAllowedConcurrentCalls() - metrics.getAvailableConcurrentCalls();
  }

  /** Returns how many of the reads in the window failed. */
  public int failures() {
    return breaker.getMetrics().getNumberOfFailedCalls();
  }

  /** Returns how many reads the window holds. */
  public int reads() {
    return breaker.getMetrics().getNumberOfBufferedCalls();
  }

  /** Returns how many reads the breaker refused since it last left the closed state. */
  public long refusedByBreaker() {
    return breaker.getMetrics().getNumberOfNotPermittedCalls();
  }

  private void count(long start, Object outcome) {
    bulkhead.onComplete();
    long took = breaker.getCurrentTimestamp() - start;
    TimeUnit unit = breaker.getTimestampUnit();
    if (outcome instanceof Throwable bug) {
      breaker.onError(took, unit, bug);
    } else {
      breaker.onResult(took, unit, outcome);
    }
  }

  private static boolean isFailure(Object outcome) {
    return outcome instanceof Answer.Unavailable no
        && no.reason() != Reason.MISFIT
        && no.reason() != Reason.REFUSED;
  }

  private static CompletableFuture<Answer> refused(Reason reason) {
    return CompletableFuture.completedFuture(new Answer.Unavailable(reason));
  }

  private static CircuitBreakerConfig breakerConfig(Limits limits, Clock clock) {
    return CircuitBreakerConfig.custom()
        .slidingWindow(
            limits.window(),
            limits.minReads(),
            SlidingWindowType.COUNT_BASED,
            SlidingWindowSynchronizationStrategy.LOCK_FREE)
        .failureRateThreshold(limits.failureRatePercent())
        .waitDurationInOpenState(limits.openFor())
        .permittedNumberOfCallsInHalfOpenState(limits.probes())
        .recordResult(Guard::isFailure)
        .clock(clock)
        .currentTimestampFunction(Clock::millis, TimeUnit.MILLISECONDS)
        .build();
  }
}

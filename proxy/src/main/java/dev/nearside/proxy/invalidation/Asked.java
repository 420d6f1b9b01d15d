package dev.nearside.proxy.invalidation;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What the upstream said.
 *
 * @param answer its answer; null also where {@code failure} is not
 * @param failure why there is none, or null
 */
record Asked<T>(@Nullable T answer, @Nullable String failure) {
  /** Waits for {@code stage}, at most {@code patience}; for virtual threads. */
  static <T> Asked<T> await(CompletionStage<T> stage, Duration patience) {
    try {
      return new Asked<>(
          stage.toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS), null);
    } catch (ExecutionException e) {
      return new Asked<>(null, rootMessage(e));
    } catch (TimeoutException e) {
      return new Asked<>(null, "no answer within " + patience.toMillis() + " ms");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Asked<>(null, "stopping");
    }
  }

  private static String rootMessage(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}

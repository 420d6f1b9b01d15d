package dev.nearside.proxy.tier.redis;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Asks whoever has a slot, and waits for answers. Thread-safe; only {@link #await} blocks.
 *
 * <p>Futures end exceptionally where nobody can be asked. A redirection is not followed: it says
 * that nothing was done.
 */
final class SlotCalls {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Pattern REDIRECTION =
      Pattern.compile("^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN) |access a non local key");

  private final RowLinks links;

  SlotCalls(RowLinks links) {
    this.links = links;
  }

  SideNames names() {
    return links.names();
  }

  <T> CompletableFuture<T> run(
      Script script, ScriptOutputType type, int slot, List<byte[]> keys, byte[]... arguments) {
    return told(script.run(links.at(slot), type, keys, arguments));
  }

  /** As {@link #run}, but whoever is said to have the slot is asked then, as long as that goes. */
  <T> CompletableFuture<T> insist(
      Script script, ScriptOutputType type, int slot, List<byte[]> keys, byte[]... arguments) {
    return script.run(links, slot, type, keys, arguments);
  }

  <T> CompletableFuture<T> ask(
      int slot, Function<RedisAsyncCommands<byte[], byte[]>, CompletionStage<T>> question) {
    StatefulRedisConnection<byte[], byte[]> connection = links.at(slot);
    return connection == null || !connection.isOpen()
        ? CompletableFuture.failedFuture(new UnsentException("Redis is not connected"))
        : told(question.apply(connection.async()).toCompletableFuture());
  }

  private <T> CompletableFuture<T> told(CompletableFuture<T> answer) {
    return answer.whenComplete((said, failure) -> {
      String why = failure == null ? null : Leases.unwrap(failure).getMessage();
      if (why != null && REDIRECTION.matcher(why).find()) {
        links.doubt();
      }
    });
  }

  /** Returns the moment behind which nothing is waited for that is asked now. */
  static long deadlineNs() {
    return System.nanoTime() + LIMIT.toNanos();
  }

  /** Waits for an answer to what was asked just now. */
  static <T> T await(Future<T> answer) throws IOException {
    return await(answer, deadlineNs());
  }

  /** Waits until {@code deadlineNs} at most. */
  static <T> T await(Future<T> answer, long deadlineNs) throws IOException {
    try {
      long leftNs = Math.max(0, deadlineNs - System.nanoTime());
      return answer.get(leftNs, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      @Nullable Throwable cause = e.getCause();
      throw new IOException(
          String.valueOf(Leases.unwrap(cause == null ? e : cause).getMessage()), e);
    } catch (TimeoutException e) {
      throw new IOException("Redis does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}

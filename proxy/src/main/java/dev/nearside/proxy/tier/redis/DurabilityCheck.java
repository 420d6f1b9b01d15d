package dev.nearside.proxy.tier.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Whether Redis keeps what it has acknowledged, as far as its settings say. Thread-safe. */
public final class DurabilityCheck {
  private final Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection;

  DurabilityCheck(Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection) {
    this.connection = connection;
  }

  /**
   * What was found.
   *
   * @param of the connection that was asked; another one may be to another server
   * @param obstacle the setting that stands against it, and what is expected, or null for none
   */
  public record Found(Object of, @Nullable String obstacle) {}

  /** Returns the connection that there is, or null; to see if what was found is still of it. */
  public @Nullable Object current() {
    StatefulRedisConnection<byte[], byte[]> current = connection.get();
    return current != null && current.isOpen() ? current : null;
  }

  /** Asks; ends exceptionally where Redis is not connected or does not answer. */
  public CompletableFuture<Found> ask() {
    StatefulRedisConnection<byte[], byte[]> current = connection.get();
    if (current == null || !current.isOpen()) {
      return CompletableFuture.failedFuture(new IllegalStateException("Redis is not connected"));
    }
    RedisAsyncCommands<byte[], byte[]> redis = current.async();
    CompletableFuture<Map<String, String>> policy =
        redis.configGet("maxmemory-policy").toCompletableFuture();
    CompletableFuture<Map<String, String>> log = redis.configGet("append*").toCompletableFuture();
    return policy
        .thenCombine(log, (evicts, appends) -> new Found(current, obstacle(evicts, appends)))
        .exceptionallyCompose(failure -> {
          String refusal = WriteIntents.refusal(failure);
          return refusal == null
              ? CompletableFuture.failedFuture(failure)
              : CompletableFuture.completedFuture(
                  new Found(current, "CONFIG GET, which says so, is refused: " + refusal));
        });
  }

  static @Nullable String obstacle(Map<String, String> evicts, Map<String, String> appends) {
    String policy = String.valueOf(evicts.get("maxmemory-policy"));
    if (policy.startsWith("allkeys-")) {
      return "maxmemory-policy is %s, which evicts what the database has not taken; expected noeviction or volatile-…"
          .formatted(policy);
    }
    if (!"yes".equals(appends.get("appendonly"))) {
      return "appendonly is %s; expected yes".formatted(appends.get("appendonly"));
    }
    if (!"always".equals(appends.get("appendfsync"))) {
      return "appendfsync is %s; expected always".formatted(appends.get("appendfsync"));
    }
    return "yes".equals(appends.get("no-appendfsync-on-rewrite"))
        ? "no-appendfsync-on-rewrite is yes; expected no"
        : null;
  }
}

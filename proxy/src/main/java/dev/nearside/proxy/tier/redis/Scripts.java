package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.Base16;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Runs scripts by their digest, and by their text where Redis does not know them yet. */
final class Scripts {
  private Scripts() {}

  /** Returns the name of {@code script} at Redis. */
  static byte[] digest(byte[] script) {
    return Base16.digest(script).getBytes(US_ASCII);
  }

  /** Runs one; ends exceptionally where {@code connection} is none, or not open. */
  static <T> CompletableFuture<T> run(
      @Nullable StatefulRedisConnection<byte[], byte[]> connection,
      byte[] script,
      ScriptOutputType type,
      List<byte[]> keys,
      byte[]... arguments) {
    if (connection == null || !connection.isOpen()) {
      return CompletableFuture.failedFuture(new IllegalStateException("Redis is not connected"));
    }
    RedisAsyncCommands<byte[], byte[]> redis = connection.async();
    byte[][] names = keys.toArray(byte[][]::new);
    CompletionStage<T> known = redis.evalsha(redis.digest(script), type, names, arguments);
    return known
        .exceptionallyCompose(failure ->
            Leases.unwrap(failure) instanceof RedisNoScriptException
                ? redis.<T>eval(script, type, names, arguments)
                : CompletableFuture.failedStage(failure))
        .toCompletableFuture();
  }
}

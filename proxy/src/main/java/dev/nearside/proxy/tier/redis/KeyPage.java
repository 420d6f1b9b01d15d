package dev.nearside.proxy.tier.redis;

import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Some of the keys that there are. Whatever is there from before the first page until behind the
 * last is in one of them.
 *
 * @param keys may come twice
 * @param next where the others are asked for, or null if there are none
 * @param begins whether what was seen before does not count, if anything was
 */
public record KeyPage(List<byte[]> keys, @Nullable String next, boolean begins) {
  private static final int MOST = 512;

  /** Asks one server for a page of its own. */
  static CompletionStage<KeyPage> scan(
      StatefulRedisConnection<byte[], byte[]> redis, byte[] pattern, @Nullable String from) {
    ScanCursor cursor = from == null ? ScanCursor.INITIAL : ScanCursor.of(from);
    ScanArgs some = ScanArgs.Builder.limit(MOST).match(pattern);
    return redis
        .async()
        .scan(cursor, some)
        .thenApply(page ->
            new KeyPage(page.getKeys(), page.isFinished() ? null : page.getCursor(), false));
  }
}

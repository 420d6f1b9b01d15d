package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.invalidation.TagStore;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tags as sets of key names, {@code nearside:tag:<tag>}, in the sidecar's own database.
 * Thread-safe, never blocks.
 *
 * <p>A set expires a day after its last addition. It is read by SSCAN whatever its size: a small
 * one is answered whole, as by SMEMBERS, and a large one holds nobody up.
 */
final class TagSets implements TagStore {
  private static final byte[] PREFIX = "nearside:tag:".getBytes(US_ASCII);
  private static final Duration KEPT = Duration.ofHours(24);
  private static final ScanArgs PAGE = ScanArgs.Builder.limit(512);

  /** KEYS: the set. ARGV: the key's name, seconds. One step, so that no set is left for ever. */
  private static final byte[] ADD =
      """
      local new = redis.call('SADD', KEYS[1], ARGV[1])
      redis.call('EXPIRE', KEYS[1], ARGV[2])
      return new
      """
          .getBytes(US_ASCII);

  private final RowLinks links;

  TagSets(RowLinks links) {
    this.links = links;
  }

  @Override
  public CompletionStage<Boolean> add(byte[] tag, byte[] key) {
    byte[] seconds = Long.toString(KEPT.toSeconds()).getBytes(US_ASCII);
    byte[][] keys = {setOf(tag)};
    return ask(
        keys[0],
        redis ->
            redis
                .<Long>eval(ADD, ScriptOutputType.INTEGER, keys, key, seconds)
                .thenApply(added -> added == 1));
  }

  @Override
  public CompletionStage<Page> page(byte[] tag, @Nullable String from) {
    ScanCursor cursor = from == null ? ScanCursor.INITIAL : ScanCursor.of(from);
    byte[] set = setOf(tag);
    return ask(
        set,
        redis ->
            redis
                .sscan(set, cursor, PAGE)
                .thenApply(page ->
                    new Page(page.getValues(), page.isFinished() ? null : page.getCursor())));
  }

  @Override
  public CompletionStage<List<byte[]>> dropResults(byte[] tag) {
    return new ResultTags(links).drop(tag);
  }

  private <T> CompletionStage<T> ask(
      byte[] set, Function<RedisAsyncCommands<byte[], byte[]>, CompletionStage<T>> question) {
    return links.ask(links.names().slotOf(set), connection -> question.apply(connection.async()));
  }

  private static byte[] setOf(byte[] tag) {
    return ByteBuffer.allocate(PREFIX.length + tag.length).put(PREFIX).put(tag).array();
  }
}

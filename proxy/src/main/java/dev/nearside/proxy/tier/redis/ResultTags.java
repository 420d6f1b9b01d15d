package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.cluster.HashSlot;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.ScriptOutputType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Why no result outlives an invalidation of its tag that came after the change.
 *
 * The holder of the lease of k:  A  lease(k) set to its token    T  k added to the tag's set
 *                                R  statement, sent after T's reply
 *                                F  if lease(k) is the token, SET k
 * Who invalidates:               C  commit       P  the set is read, after C
 *                                D  for what it has read: out of the set, DEL lease(k), DEL k
 *
 * T before P: D deletes the lease, and k if F came before; a later F does nothing. T after P: R is
 * after T, so it sees C. In D all three go in one step: a holder whose T that step has taken back
 * has lost its lease, and one that comes later adds k again. A refresh takes the same steps.
 *
 * In a cluster the set and k are at different nodes. There D deletes lease(k) and k first, then takes
 * k out of the set unless it was added again since P, which its score tells: by the microsecond. A
 * holder whose T was before P has lost its lease by then; of one whose T was later k stays in the set.
 */

/**
 * Which results of cached queries carry which tag: sorted sets of keys, {@code
 * nearside:results:<tag>}, by when the result has expired at the latest, in seconds; what has is
 * dropped at the next addition. Thread-safe, never blocks.
 */
public final class ResultTags {
  private static final Logger log = LoggerFactory.getLogger(ResultTags.class);
  private static final byte[] PREFIX = "nearside:results:".getBytes(US_ASCII);
  private static final int PAGE = 256;
  private static final ScanArgs SOME = ScanArgs.Builder.limit(PAGE);

  /** Between the addition and the SET of the result lies a read of the database. */
  private static final Duration MARGIN = Duration.ofMinutes(2);

  /** KEYS: sets. ARGV: the key's name, seconds. */
  private static final byte[] ADD =
      """
      if redis.replicate_commands then redis.replicate_commands() end
      local time = redis.call('TIME')
      local now = time[1] + time[2] / 1000000
      for _, set in ipairs(KEYS) do
        redis.call('ZREMRANGEBYSCORE', set, '-inf', '(' .. now)
        redis.call('ZADD', set, now + ARGV[2], ARGV[1])
        if redis.call('TTL', set) < tonumber(ARGV[2]) then
          redis.call('EXPIRE', set, ARGV[2])
        end
      end
      return 1
      """
          .getBytes(US_ASCII);

  /** KEYS: the set, and for each name its key and lease. ARGV: the names. */
  private static final byte[] DROP =
      """
      redis.call('ZREM', KEYS[1], unpack(ARGV))
      return redis.call('DEL', unpack(KEYS, 2))
      """
          .getBytes(US_ASCII);

  /** KEYS: the set. ARGV: names and scores. */
  private static final byte[] DROP_UNCHANGED =
      """
      for i = 1, #ARGV, 2 do
        if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i])) == tonumber(ARGV[i + 1]) then
          redis.call('ZREM', KEYS[1], ARGV[i])
        end
      end
      return #ARGV / 2
      """
          .getBytes(US_ASCII);

  private final RowLinks links;

  /** Whether the log knows that tags are not taken. */
  private final AtomicBoolean told = new AtomicBoolean();

  ResultTags(RowLinks links) {
    this.links = links;
  }

  /**
   * Gives the result that is about to be read, of the key {@code name}, its tags; the statement is
   * to be sent when this has completed, and the result put into Redis only if it is true.
   *
   * @param life the most that it will live in Redis
   */
  public CompletableFuture<Boolean> add(List<byte[]> tags, byte[] name, Duration life) {
    byte[] seconds = Long.toString(life.plus(MARGIN).toSeconds()).getBytes(US_ASCII);
    List<byte[]> sets = tags.stream().map(ResultTags::setOf).toList();
    List<CompletableFuture<Boolean>> added = new ArrayList<>();
    links
        .names()
        .bySlot(sets, set -> set)
        .forEach((slot, some) -> added.add(add(slot, some, name, seconds)));
    return added.stream()
        .reduce((one, other) -> one.thenCombine(other, Boolean::logicalAnd))
        .orElseGet(() -> CompletableFuture.completedFuture(true));
  }

  private CompletableFuture<Boolean> add(int slot, List<byte[]> sets, byte[] name, byte[] seconds) {
    byte[][] keys = sets.toArray(byte[][]::new);
    return links
        .ask(
            slot,
            redis -> redis.async().<Long>eval(ADD, ScriptOutputType.INTEGER, keys, name, seconds))
        .handle((done, failure) -> {
          tell(failure);
          return failure == null;
        });
  }

  private void tell(@Nullable Throwable failure) {
    if (failure == null) {
      told.set(false);
    } else if (told.compareAndSet(false, true)) {
      log.warn(
          "Redis does not take the tags of the result of a query, which is then not kept there: {}",
          Leases.unwrap(failure).getMessage());
    }
  }

  /**
   * Deletes the results that carried {@code tag} when this was called, and their leases. Returns
   * the names of their keys; completes exceptionally where Redis cannot be asked.
   */
  public CompletionStage<List<byte[]>> drop(byte[] tag) {
    byte[] set = setOf(tag);
    int slot = links.names().slotOf(set);
    return read(slot, set, ScanCursor.INITIAL, new ArrayList<>())
        .thenCompose(found -> dropPages(slot, set, found, 0));
  }

  /** Whoever is in the set from now until all of it was read is among them. */
  private CompletionStage<List<ScoredValue<byte[]>>> read(
      int slot, byte[] set, ScanCursor from, List<ScoredValue<byte[]>> before) {
    return links
        .ask(slot, redis -> redis.async().zscan(set, from, SOME))
        .thenCompose(page -> {
          before.addAll(page.getValues());
          return page.isFinished()
              ? CompletableFuture.completedStage(before)
              : read(slot, set, ScanCursor.of(page.getCursor()), before);
        });
  }

  private CompletionStage<List<byte[]>> dropPages(
      int slot, byte[] set, List<ScoredValue<byte[]>> found, int from) {
    if (from >= found.size()) {
      return CompletableFuture.completedStage(found.stream().map(ScoredValue::getValue).toList());
    }
    int to = Math.min(found.size(), from + PAGE);
    List<ScoredValue<byte[]>> page = found.subList(from, to);
    List<byte[]> names = page.stream().map(ScoredValue::getValue).toList();
    return drop(slot, set, page, names).thenCompose(gone -> dropPages(slot, set, found, to));
  }

  private CompletionStage<?> drop(
      int slot, byte[] set, List<ScoredValue<byte[]>> page, List<byte[]> names) {
    if (slot != HashSlot.NONE) {
      return links.forget(names).thenCompose(gone -> dropUnchanged(slot, set, page));
    }
    byte[][] keys =
        Stream.concat(
                Stream.of(set),
                names.stream().flatMap(name -> Stream.of(name, links.names().lease(name))))
            .toArray(byte[][]::new);
    byte[][] arguments = names.toArray(byte[][]::new);
    return links.ask(
        slot, redis -> redis.async().<Long>eval(DROP, ScriptOutputType.INTEGER, keys, arguments));
  }

  private CompletionStage<Long> dropUnchanged(
      int slot, byte[] set, List<ScoredValue<byte[]>> page) {
    byte[][] keys = {set};
    byte[][] arguments =
        page.stream()
            .flatMap(each ->
                Stream.of(each.getValue(), Double.toString(each.getScore()).getBytes(US_ASCII)))
            .toArray(byte[][]::new);
    return links.ask(
        slot,
        redis ->
            redis.async().<Long>eval(DROP_UNCHANGED, ScriptOutputType.INTEGER, keys, arguments));
  }

  private static byte[] setOf(byte[] tag) {
    return ByteBuffer.allocate(PREFIX.length + tag.length).put(PREFIX).put(tag).array();
  }
}

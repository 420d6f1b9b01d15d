package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScriptOutputType;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/*
 * Why Redis does not keep what a write that went to the database first has made old.
 *
 * The writer:  I  intends: his token into lease(k), what k holds has no longer than the window to live
 *              C  commit of k's row                                            at the database
 *              S  settles: k is what C left, or is deleted; the token goes     at Redis
 *
 * Redis executes I and S one at a time. Readers take a lease of their own (Leases) only where there
 * is no lease(k); whoever writes k past the database, and change capture, deletes lease(k) as well.
 *
 * One writer. A reader who had the lease when I came has lost it: what he may have read before C he
 * cannot put there. Between I and S there is none to be had. Who takes it behind S reads behind C.
 *
 * Several writers. I marks everybody who is there, himself too where he is not the first: marked
 * ones delete k. So who puts a value was alone with k from his I to his S. Of every other writer
 *   - S came before this I: his C is before this C, and this value is the newer one; or
 *   - I comes behind this S: his S has the last word, and should it never come, the window has.
 *
 * A writer whose token is lost (evicted, flushed, or deleted with lease(k) by somebody else) is not
 * seen by who comes later, and who may put a value though they were not alone. So at his S, where he
 * does not find himself, he marks all who are there, and deletes k; those whose S was before it have
 * been undone by that.
 *
 * The window. A writer who dies between C and S leaves k, and lease(k), until the window ends; then
 * both are gone, and the next reader asks the database. One who is so late that he does not count
 * any more, or whose token was deleted, finds himself not there, and deletes k. The window is longer
 * than all that a writer may wait for until C; he looks at his clock once more before it.
 *
 * Who writes k behind: no I while something is pending, and nothing is written behind between I and
 * S (Outbox).
 *
 * Redis away at I: k's row is written all the same, and k deleted until that is done (Uncached).
 * A failover of Redis that loses I or S can keep an old value for as long as k lives there.
 *
 * Keys in several slots of a cluster: I and S are one script for each slot. Nothing above needs the
 * keys of one write to be marked, or settled, together.
 */

/**
 * Intents: what keeps Redis true while the database takes a write first. Thread-safe, never blocks.
 * Futures end exceptionally where Redis cannot be asked.
 */
public final class WriteIntents {
  /**
   * A write that is about to be made.
   *
   * @param keys what it writes, each once
   * @param token what tells it from every other write
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier between the calls of this class
  public record Intent(List<byte[]> keys, byte[] token) {}

  /**
   * What a key is to hold in Redis.
   *
   * @param value its value, or null for none
   * @param ttlMs how long, at least 1; or {@link #FOR_GOOD}
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Settled(byte @Nullable [] value, long ttlMs) {
    /** No value. */
    public static final Settled NOTHING = new Settled(null, FOR_GOOD);
  }

  /** The TTL of what does not end. */
  public static final long FOR_GOOD = -1;

  private static final byte[] NO_VALUE = {};

  private final RowLinks links;
  private final byte[] process = new byte[WriteScripts.TOKEN_BYTES - Long.BYTES];
  private final AtomicLong intended = new AtomicLong();

  /** Creates the intents of one sidecar. */
  WriteIntents(RowLinks links) {
    this.links = links;
    new SecureRandom().nextBytes(process);
  }

  /**
   * Makes known that {@code keys} will be written within {@code window}; null, and nothing is made
   * known, where something of them is pending in an {@link Outbox}.
   */
  public CompletableFuture<@Nullable Intent> intend(List<byte[]> keys, Duration window) {
    byte[] token =
        ByteBuffer.allocate(WriteScripts.TOKEN_BYTES)
            .put(process)
            .putLong(intended.incrementAndGet())
            .array();
    Intent intent = new Intent(keys, token);
    List<CompletableFuture<Long>> slots =
        bySlot(keys).stream().map(some -> intendInSlot(some, token, window)).toList();
    if (slots.size() == 1) {
      return slots.getFirst().thenApply(done -> done == 0 ? null : intent);
    }
    return CompletableFuture.allOf(slots.toArray(CompletableFuture[]::new))
        .handle((nothing, failure) -> {
          boolean all = failure == null && slots.stream().allMatch(done -> done.join() > 0);
          return all
              ? CompletableFuture.<@Nullable Intent>completedFuture(intent)
              : withdrawn(intent, failure);
        })
        .thenCompose(whole -> whole);
  }

  private CompletableFuture<Long> intendInSlot(List<byte[]> keys, byte[] token, Duration window) {
    List<byte[]> names = names(keys);
    keys.forEach(key -> names.add(links.names().pending(key)));
    return run(WriteScripts.INTEND, keys, names, token, List.of(number(window.toMillis())));
  }

  /** Of one slot it could not be made known: so of none. */
  private CompletableFuture<@Nullable Intent> withdrawn(
      Intent intent, @Nullable Throwable failure) {
    return withdraw(intent)
        .handle((gone, away) -> null)
        .thenCompose(gone ->
            failure == null
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.failedFuture(Leases.unwrap(failure)));
  }

  /** The database has taken it, and left {@code after}, in the order of the intent's keys. */
  public CompletableFuture<Long> settle(Intent intent, List<Settled> after) {
    List<Integer> places = IntStream.range(0, after.size()).boxed().toList();
    Map<Integer, List<Integer>> slots =
        links.names().bySlot(places, place -> intent.keys().get(place));
    return inEach(slots.values(), some -> settleInSlot(intent, some, after));
  }

  private CompletableFuture<Long> settleInSlot(
      Intent intent, List<Integer> places, List<Settled> after) {
    List<byte[]> arguments = new ArrayList<>();
    for (int place : places) {
      Settled each = after.get(place);
      byte[] value = each.value();
      arguments.add(number(value == null ? 0 : each.ttlMs()));
      arguments.add(value == null ? NO_VALUE : value);
    }
    List<byte[]> keys = places.stream().map(intent.keys()::get).toList();
    return run(WriteScripts.SETTLE, keys, names(keys), intent.token(), arguments);
  }

  /** The database has not taken it. */
  public CompletableFuture<Long> withdraw(Intent intent) {
    return inEach(
        bySlot(intent.keys()),
        keys -> run(WriteScripts.WITHDRAW, keys, names(keys), intent.token(), List.of()));
  }

  /** Deletes {@code keys} and whatever is said of who writes or reads them. */
  public CompletableFuture<Long> forget(List<byte[]> keys) {
    return links.forget(keys);
  }

  private Collection<List<byte[]>> bySlot(List<byte[]> keys) {
    return links.names().bySlot(keys, key -> key).values();
  }

  private static <T> CompletableFuture<Long> inEach(
      Collection<List<T>> slots, Function<List<T>, CompletableFuture<Long>> task) {
    return slots.stream()
        .map(task)
        .reduce((one, other) -> one.thenCombine(other, Long::sum))
        .orElseGet(() -> CompletableFuture.completedFuture(0L));
  }

  /** Returns what Redis said against it where it has answered by an error, else null. */
  public static @Nullable String refusal(@Nullable Throwable failure) {
    return failure != null && Leases.unwrap(failure) instanceof RedisCommandExecutionException said
        ? String.valueOf(said.getMessage())
        : null;
  }

  private CompletableFuture<Long> run(
      Script script, List<byte[]> keys, List<byte[]> names, byte[] token, List<byte[]> arguments) {
    List<byte[]> all = new ArrayList<>(arguments.size() + 1);
    all.add(token);
    all.addAll(arguments);
    return script.run(
        links, slotOf(keys), ScriptOutputType.INTEGER, names, all.toArray(byte[][]::new));
  }

  private int slotOf(List<byte[]> keys) {
    return links.names().slotOf(keys.getFirst());
  }

  /** Returns {@code keys}, and the names of their leases. */
  private List<byte[]> names(List<byte[]> keys) {
    List<byte[]> names = new ArrayList<>(keys);
    keys.forEach(key -> names.add(links.names().lease(key)));
    return names;
  }

  private static byte[] number(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }
}

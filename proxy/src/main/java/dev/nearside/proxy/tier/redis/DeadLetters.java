package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.cluster.HashSlot;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.StreamMessage;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the database never takes of what is pending in an {@link Outbox}. Thread-safe, never blocks;
 * futures end exceptionally where Redis cannot be asked.
 */
public final class DeadLetters {
  private static final Pattern ID = Pattern.compile("(?:(\\d{1,5})/)?(\\d{1,19}-\\d{1,19})");

  /**
   * One of them.
   *
   * @param id its place in the stream, by which it is named; in a cluster behind its slot
   * @param why what the database has said
   * @param value what its key was to hold, or null for nothing
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Letter(String id, byte[] key, String why, byte @Nullable [] value) {}

  /** Where one is. */
  private record Place(int slot, String entry) {
    static final Comparator<String> OLDEST =
        Comparator.<String>comparingLong(entry -> number(entry, 0))
            .thenComparingLong(entry -> number(entry, 1));

    private static long number(String entry, int part) {
      return Long.parseUnsignedLong(entry.split("-", 2)[part]);
    }

    Place(int slot, StreamMessage<byte[], byte[]> message) {
      this(slot, message.getId());
    }

    String id() {
      return slot == HashSlot.NONE ? entry : slot + "/" + entry;
    }
  }

  private final SlotCalls calls;
  private final WakeList wakes;
  private final SecureRandom random = new SecureRandom();

  DeadLetters(RowLinks links) {
    this.calls = new SlotCalls(links);
    this.wakes = new WakeList(calls);
  }

  /** Returns the oldest of {@code namespace}, {@code most} of them. */
  public CompletableFuture<List<Letter>> list(String namespace, int most) {
    return all(Partition.of(calls.names(), namespace), this::slots)
        .thenCompose(slots -> all(slots, slot -> found(namespace, slot, most)))
        .thenApply(found ->
            found.stream()
                .sorted(Comparator.comparing(each -> each.place.entry, Place.OLDEST))
                .limit(most)
                .map(Found::letter)
                .toList());
  }

  /** Asks each, and returns what all of them say. */
  private static <K, V> CompletableFuture<List<V>> all(
      Collection<K> asked, Function<K, CompletableFuture<List<V>>> question) {
    CompletableFuture<List<V>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (CompletableFuture<List<V>> answer : asked.stream().map(question).toList()) {
      all =
          all.thenCombine(
              answer,
              (before, said) -> {
                before.addAll(said);
                return before;
              });
    }
    return all;
  }

  /** Those that have some are announced, as long as they do. */
  private CompletableFuture<List<Integer>> slots(Partition partition) {
    return partition.hasSlots()
        ? wakes.read(partition).thenApply(listed -> List.copyOf(listed.scores().keySet()))
        : CompletableFuture.completedFuture(partition.slots());
  }

  private CompletableFuture<List<Found>> found(String namespace, int slot, int most) {
    byte[] dead = keys(namespace).dead(slot);
    return calls
        .ask(slot, redis -> redis.xrange(dead, Range.unbounded(), Limit.from(most)))
        .thenApply(messages ->
            messages.stream().map(each -> new Found(new Place(slot, each), each)).toList());
  }

  private record Found(Place place, StreamMessage<byte[], byte[]> message) {
    Letter letter() {
      Map<ByteBuffer, byte[]> fields = new HashMap<>();
      message.getBody().forEach((name, value) -> fields.put(ByteBuffer.wrap(name), value));
      byte[] written = field(fields, "pending");
      Outbox.Pending pending = Outbox.Pending.read(written);
      return new Letter(
          place.id(),
          field(fields, "k"),
          new String(field(fields, "why"), UTF_8),
          pending == null ? written : pending.state().value());
    }

    private static byte[] field(Map<ByteBuffer, byte[]> fields, String name) {
      return fields.getOrDefault(ByteBuffer.wrap(name.getBytes(UTF_8)), new byte[0]);
    }
  }

  /**
   * Has it pending again, as if it were written now; false where there is none called {@code id},
   * or something newer is pending.
   */
  public CompletableFuture<Boolean> replay(String namespace, byte[] id) {
    Place place = place(id);
    if (place == null) {
      return CompletableFuture.completedFuture(false);
    }
    int slot = place.slot;
    byte[] token = new byte[OutboxScripts.TOKEN_BYTES];
    random.nextBytes(token);
    return calls
        .<Long>run(
            OutboxScripts.REPLAY,
            ScriptOutputType.INTEGER,
            slot,
            List.of(keys(namespace).stream(slot), keys(namespace).dead(slot)),
            place.entry.getBytes(UTF_8),
            token,
            calls.names().pendings(slot),
            calls.names().leases(slot))
        .thenApply(said -> said == 1)
        .whenComplete((did, _) -> {
          if (Boolean.TRUE.equals(did) && slot != HashSlot.NONE) { // or it is seen in a minute
            var _ = wakes.announce(Partition.of(namespace, slot), List.of(slot));
          }
        });
  }

  /** Gives it up; false where there is none called {@code id}. */
  public CompletableFuture<Boolean> drop(String namespace, byte[] id) {
    Place place = place(id);
    if (place == null) {
      return CompletableFuture.completedFuture(false);
    }
    byte[] dead = keys(namespace).dead(place.slot);
    return calls
        .ask(place.slot, redis -> redis.xdel(dead, place.entry))
        .thenApply(count -> count == 1);
  }

  private OutboxKeys keys(String namespace) {
    return new OutboxKeys(calls.names(), namespace);
  }

  /** Returns null where there is no such place. */
  private @Nullable Place place(byte[] id) {
    Matcher matcher = ID.matcher(new String(id, UTF_8));
    if (!matcher.matches()) {
      return null;
    }
    String slot = matcher.group(1);
    int number = slot == null ? HashSlot.NONE : Integer.parseInt(slot);
    boolean isHere = (calls.names() == SideNames.PLAIN) == (slot == null);
    return isHere && number < HashSlot.COUNT ? new Place(number, matcher.group(2)) : null;
  }

  /** Returns whether {@code id} may be the name of one. */
  public static boolean isId(byte[] id) {
    return ID.matcher(new String(id, UTF_8)).matches();
  }
}

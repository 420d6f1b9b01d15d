package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.tier.Timer;
import io.lettuce.core.ScriptOutputType;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/*
 * Why no write that was answered is lost, and none is put in the place of a newer one.
 *
 * A write is one script (APPEND): pending(k) becomes the state it leaves, the stream of k's
 * namespace has an entry with k if pending(k) was not there, k holds the value for a time, and
 * lease(k) goes. So at every moment pending(k) is there exactly if there is an entry with k, and it
 * is the newest state of k; the database may be behind.
 *
 *   Readers.  k in Redis is what pending(k) says, or what the database does where nothing is
 *   pending. Where k is gone from Redis, taking its lease (Leases) looks at pending(k) in the same
 *   step, puts that back, and gives no lease. Where nothing is pending the database has all of it,
 *   and a write that comes while it is read takes the lease away: Leases' proof, with APPEND for
 *   both D and W. A read of the database without a lease would pass pending(k) by, so there is none.
 *
 *   Writers who need to know what k holds look first: at pending(k), or, where nothing is, at the
 *   database, having made lease(k) their own. APPEND then compares: the token of what was pending,
 *   which no two writes share, or the lease. If another was faster they begin anew.
 *
 *   Writers through (WriteIntents), of sidecars of another configuration.  From their I to their S
 *   they have lease(k), from APPEND to DRAINED pending(k) is there, and these two never meet for a k:
 *   I is not made while something is pending, and neither APPEND nor LOOK while an intent is there.
 *   So who comes second comes behind the commit of who came first. A writer through has locked, read
 *   and replaced what the drain has committed; what is drained was written behind S, so behind C.
 *   The order of both in Redis is that at the database, and no answer was given on less.
 *   Either side waits for the other a while, and is refused then. An intent that is gone before S
 *   (evicted, or deleted with lease(k) by who writes k past the database) holds nobody up: then both
 *   may be under way. S finds that, and deletes k; pending(k) is looked at before the database; but
 *   which of the two writes the database has in the end is open. So it is where Redis was away at I.
 *
 *   The drain.  One at a time for each partition, by a lease: but that only spares work. What makes
 *   a state be committed once is the epoch, a number at the database, which who takes the drain over
 *   raises: a transaction of its predecessor that is still to be committed is refused from then on.
 *   A round has a name that is never used twice, and a number: the epoch, then how many rounds came
 *   before. SEAL leaves in each slot of the round a batch: the round's name and number, and which
 *   tokens belong to it; it does nothing where it finds a batch of the same number or a higher one.
 *   The database commits the states together with the name and the slots. DRAINED deletes in each
 *   slot what still has the remembered token, if the batch there has that name, and the batch; what
 *   was written since stays, with a new entry. Where a batch was refused for good, BURY asks for the
 *   name, too.
 *
 *   Rule: who drains seals nothing before DRAINED was answered in all slots of the round that was
 *   committed last, be it his own or that which he finds at the database as he takes over. If it
 *   was not answered somewhere, or if it is not known whether a commit was done, he takes over anew.
 *
 *   So at each moment one committed round at most is not yet DRAINED everywhere, and it is the one
 *   that the database names: by the rule there was none before its SEAL, commits of one epoch follow
 *   each other, and one of an older epoch comes before the take-over that has read its name. From
 *   the commit of R to DRAINED in a slot, nothing is sealed there anew. Not by who committed R, or by
 *   who took over since, because of the rule. Not by somebody whom they have overtaken: his number is
 *   lower, and R's batch is there. (Or by a SEAL that was not answered and comes late: that is lower,
 *   too.) So no state that was committed is sealed a second time. Who has been overtaken may seal a
 *   slot in which there is no batch: he cannot commit it, and the next SEAL of who drains takes its
 *   place. Nor does his late DRAINED or BURY do anything: it finds another name, or none, or it is
 *   what the others would do, too.
 *
 *   A slot whose SEAL was not answered, or answered by an error, has no part in the round, even if
 *   it was sealed: the slots that the database has say so. A script in a slot that is on its
 *   way to another server does all or nothing: a key that is not there makes it fail, and it has
 *   read each, besides those that it was told, before its first write.
 *
 *   A batch that is lost (evicted, or behind a failover) makes DRAINED say so, and the states that
 *   are pending still are committed again: they are the newest there. The same goes for a Redis that
 *   was restored from an older log, and for a database from an older backup. Numbers may fall in the
 *   latter: who is refused by a higher one takes over anew, with an epoch above it. Names cannot.
 *
 * In order for each key: a batch has the newest state, and the next batch comes behind its commit.
 */

/**
 * What is pending of keys that are written behind: Redis and, some time later, the database have
 * it. Thread-safe, never blocks; the connection belongs to the caller. Futures end exceptionally
 * where Redis cannot be asked.
 */
public final class Outbox {
  static final byte[] PENDING = "nearside:behind:".getBytes(UTF_8);

  /**
   * Who writes a key.
   *
   * @param key the key
   * @param namespace the name of its namespace, which has a stream of its own
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Place(byte[] key, String namespace) {}

  /**
   * What was seen of keys.
   *
   * @param nowMs the time of Redis
   * @param claim who has the leases of those of which nothing is pending
   * @param keys what is pending of each, or null
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Seen(long nowMs, byte[] claim, List<@Nullable Pending> keys) {}

  /**
   * A state that the database has not taken.
   *
   * @param token which write it is of
   * @param l2TtlMs for how long Redis may have it at a time
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Pending(byte[] token, KeyState state, long l2TtlMs) {
    private static final Pattern HEAD = Pattern.compile("[01](\\d{16}| {16})\\d{12}");

    static Pending decode(byte[] pending) {
      Pending read = read(pending);
      if (read == null) {
        throw new IllegalStateException("nearside:behind:… of a key is not what Nearside writes");
      }
      return read;
    }

    /** Returns null where somebody else must have written it. */
    static @Nullable Pending read(byte[] pending) {
      int at = OutboxScripts.TOKEN_BYTES;
      if (pending.length < OutboxScripts.VALUE_AT
          || !HEAD.matcher(new String(pending, at, OutboxScripts.VALUE_AT - at, ISO_8859_1))
              .matches()) {
        return null;
      }
      byte[] token = Arrays.copyOf(pending, at);
      String end = new String(pending, at + 1, 16, UTF_8);
      long endMs = end.isBlank() ? KeyState.NEVER : Long.parseLong(end);
      long ttlMs = Long.parseLong(new String(pending, at + 17, 12, UTF_8));
      byte[] value = Arrays.copyOfRange(pending, OutboxScripts.VALUE_AT, pending.length);
      return new Pending(
          token, pending[at] == '1' ? new KeyState(value, endMs) : KeyState.absent(), ttlMs);
    }
  }

  /** On what a change of a key depends. */
  public sealed interface Condition {
    /** Nothing. */
    record None() implements Condition {}

    /** What was pending still is. */
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    record Still(byte[] token) implements Condition {}

    /** Nothing is pending still, and nobody has taken the lease. */
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    record Claimed(byte[] claim) implements Condition {}
  }

  /**
   * A change of a key.
   *
   * @param most keys pending in its namespace from which on nothing is written
   * @param after what it holds then, or null for no change
   * @param l2TtlMs for how long Redis may have it at a time
   * @param lifeMs for how long Redis may have it from now on, at least 1
   */
  public record Put(
      Place place,
      int most,
      Condition condition,
      @Nullable KeyState after,
      long l2TtlMs,
      long lifeMs) {}

  /** What became of a write. */
  public enum Appended {
    DONE,
    /** Another was faster, or writes the key through. */
    CONFLICT,
    /** Too much is pending. */
    FULL
  }

  private final RowLinks links;
  private final byte[] process = new byte[OutboxScripts.TOKEN_BYTES - Long.BYTES];
  private final AtomicLong tokens = new AtomicLong();
  private final Timer timer;
  private final Announcer announcer;
  private final ConcurrentMap<Integer, AppendCalls> gathered = new ConcurrentHashMap<>(1);

  Outbox(RowLinks links, Timer timer) {
    this.links = links;
    this.timer = timer;
    this.announcer = new Announcer(new WakeList(new SlotCalls(links)));
    new SecureRandom().nextBytes(process);
  }

  /**
   * Looks, and takes for {@code ttl} the leases of those of which nothing is pending; null, and
   * takes none, where one is being written through.
   *
   * @param places all in one slot
   */
  public CompletableFuture<@Nullable Seen> look(List<Place> places, Duration ttl) {
    byte[] claim = newToken();
    List<byte[]> keys = new ArrayList<>();
    places.forEach(place -> keys.add(links.names().lease(place.key())));
    places.forEach(place -> keys.add(links.names().pending(place.key())));
    return this.<List<Object>>run(
            slotOf(places.getFirst()),
            OutboxScripts.LOOK,
            ScriptOutputType.MULTI,
            keys,
            claim,
            number(ttl.toMillis()))
        .thenApply(said -> {
          if (said.size() <= places.size()) {
            return null;
          }
          List<@Nullable Pending> seen = new ArrayList<>();
          for (int i = 0; i < places.size(); i++) {
            seen.add(said.get(i + 1) instanceof byte[] pending ? Pending.decode(pending) : null);
          }
          return new Seen((Long) said.getFirst(), claim, seen);
        });
  }

  /** Gives the leases back that a look has taken; never fails. */
  public void unclaim(List<Place> places, Seen seen) {
    List<byte[]> keys = places.stream().map(place -> links.names().lease(place.key())).toList();
    int slot = slotOf(places.getFirst());
    var _ =
        this.<Long>run(slot, OutboxScripts.UNCLAIM, ScriptOutputType.INTEGER, keys, seen.claim());
  }

  private int slotOf(Place place) {
    return links.names().slotOf(place.key());
  }

  /** Returns {@code all} by the slots of their keys; together where there are none. */
  public <T> Collection<List<T>> bySlot(List<T> all, Function<T, byte[]> key) {
    return links.names().bySlot(all, key).values();
  }

  /** Writes all of {@code puts} or none, each of another key, and all in one slot. */
  public CompletableFuture<Appended> append(List<Put> puts) {
    int slot = slotOf(puts.getFirst().place());
    if (slot == HashSlot.NONE) {
      return appendAnnounced(puts);
    }
    CompletableFuture<Void> announced =
        puts.stream()
            .map(put -> put.place().namespace())
            .distinct()
            .map(namespace -> announcer.before(namespace, slot))
            .reduce((one, other) -> one.thenCombine(other, (done, too) -> null))
            .orElseThrow();
    return announced.isDone() && !announced.isCompletedExceptionally()
        ? appendAnnounced(puts)
        : announced.thenCompose(done -> appendAnnounced(puts));
  }

  /** A drain that has looked into this slot, and found nothing, is to look again. */
  private void appendedFirst(Place place) {
    int slot = slotOf(place);
    if (slot != HashSlot.NONE) {
      announcer.first(place.namespace(), slot);
    }
  }

  private CompletableFuture<Appended> appendAnnounced(List<Put> puts) {
    if (puts.size() == 1 && puts.getFirst().condition() instanceof Condition.None) {
      return gathered
          .computeIfAbsent(
              slotOf(puts.getFirst().place()),
              slot -> new AppendCalls(links, this::newToken, timer, this::appendedFirst))
          .append(puts.getFirst());
    }
    List<byte[]> keys = new ArrayList<>(4 * puts.size());
    puts.forEach(put -> keys.add(put.place().key()));
    puts.forEach(put -> keys.add(links.names().lease(put.place().key())));
    puts.forEach(put -> keys.add(links.names().pending(put.place().key())));
    int slot = slotOf(puts.getFirst().place());
    byte[] streams = links.names().outboxes(slot);
    puts.forEach(put -> keys.add(joined(streams, put.place().namespace().getBytes(UTF_8))));
    List<byte[]> arguments = new ArrayList<>(1 + 7 * puts.size());
    arguments.add(newToken());
    puts.forEach(put -> addTo(arguments, put));
    return this.<Long>run(
            slot,
            OutboxScripts.APPEND,
            ScriptOutputType.INTEGER,
            keys,
            arguments.toArray(byte[][]::new))
        .thenApply(said ->
            switch (said.intValue()) {
              case OutboxScripts.CONFLICT -> Appended.CONFLICT;
              case OutboxScripts.FULL -> Appended.FULL;
              case OutboxScripts.FIRST -> {
                puts.forEach(put -> appendedFirst(put.place()));
                yield Appended.DONE;
              }
              default -> Appended.DONE;
            });
  }

  private static void addTo(List<byte[]> arguments, Put put) {
    arguments.add(
        switch (put.condition()) {
          case Condition.None none -> new byte[0];
          case Condition.Still still -> joined('s', still.token());
          case Condition.Claimed claimed -> joined('l', claimed.claim());
        });
    arguments.addAll(state(put));
  }

  /** Returns what the scripts take of {@code put} besides its condition. */
  static List<byte[]> state(Put put) {
    KeyState after = put.after();
    byte[] value = after == null ? null : after.value();
    long endMs = after == null ? KeyState.NEVER : after.expiresAtMs();
    return List.of(
        number(put.most()),
        text(after == null ? "-" : value == null ? "0" : "1"),
        text(endMs == KeyState.NEVER ? " ".repeat(16) : digits(16, endMs)),
        text(digits(12, put.l2TtlMs())),
        number(put.lifeMs()),
        value == null ? new byte[0] : value);
  }

  private static String digits(int width, long number) {
    String digits = Long.toString(number);
    if (number < 0 || digits.length() > width) {
      throw new IllegalArgumentException(digits + " has no place in " + width + " digits");
    }
    return "0".repeat(width - digits.length()) + digits;
  }

  private <T> CompletableFuture<T> run(
      int slot, Script script, ScriptOutputType type, List<byte[]> keys, byte[]... arguments) {
    return script.run(links, slot, type, keys, arguments);
  }

  private byte[] newToken() {
    return ByteBuffer.allocate(OutboxScripts.TOKEN_BYTES)
        .put(process)
        .putLong(tokens.incrementAndGet())
        .array();
  }

  private static byte[] joined(byte[] prefix, byte[] rest) {
    return ByteBuffer.allocate(prefix.length + rest.length).put(prefix).put(rest).array();
  }

  private static byte[] joined(char kind, byte[] token) {
    return ByteBuffer.allocate(1 + token.length).put((byte) kind).put(token).array();
  }

  static byte[] number(long number) {
    return text(Long.toString(number));
  }

  private static byte[] text(String text) {
    return text.getBytes(UTF_8);
  }
}

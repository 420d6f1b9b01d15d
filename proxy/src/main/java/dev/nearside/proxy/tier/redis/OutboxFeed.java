package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.tier.redis.WakeList.Listed;
import io.lettuce.core.ScriptOutputType;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What one sidecar takes out of a partition's outbox, as {@link Outbox} says why. Used by one
 * thread, which it blocks, but for {@link #wake}.
 *
 * <p>Every method throws {@link IOException} where Redis does not answer, and what it did is not
 * known then.
 */
public final class OutboxFeed {
  /** A server that does not answer is not to hold up the slots of others for longer. */
  private static final Duration SEAL_LIMIT = Duration.ofSeconds(3);

  private static final int MOST_BYTES = 4 << 20;
  private static final int MOST_SLOTS = 256;
  private static final int SLOTS_AT_ONCE = 64;

  /**
   * A state on its way to the database.
   *
   * @param slot that of its key
   * @param entry its entry in the stream
   * @param token which write it is of
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Item(int slot, byte[] entry, byte[] key, byte[] token, KeyState state) {}

  /**
   * What is to be committed together.
   *
   * @param round how it is named
   * @param items each of another key; none where nothing is pending
   * @param strange one that nobody can read, which is to be put aside first, or null
   * @param unasked why some slots could not be asked, or null
   */
  public record Batch(
      Round round, List<Item> items, @Nullable Item strange, @Nullable String unasked) {}

  /** What became of what was to be put aside. */
  public enum Burial {
    BURIED,
    /** It is not what its key is to hold any more. */
    WRITTEN_SINCE,
    /** There are as many as may be. */
    FULL
  }

  private final SlotCalls calls;
  private final Partition partition;
  private final OutboxKeys keys;
  private final DrainLease lease;
  private final Rota rota;
  private final SecureRandom random = new SecureRandom();
  private final Map<Integer, Backlog> backlogs = new HashMap<>();
  private long rounds;

  OutboxFeed(RowLinks links, Partition partition) {
    this.calls = new SlotCalls(links);
    this.partition = partition;
    this.keys = new OutboxKeys(links.names(), partition.namespace());
    this.lease = new DrainLease(calls, partition);
    this.rota =
        partition.hasSlots()
            ? new ListedSlots(announcements(), partition.slots(), System::nanoTime)
            : new OneSlot();
  }

  private ListedSlots.Announcements announcements() {
    WakeList list = new WakeList(calls);
    return new ListedSlots.Announcements() {
      @Override
      public Listed read() throws IOException {
        return SlotCalls.await(list.read(partition));
      }

      @Override
      public CompletableFuture<Long> announce(Collection<Integer> slots) {
        return list.announce(partition, slots);
      }

      @Override
      public CompletableFuture<Long> remove(int slot, long score) {
        return list.remove(partition, slot, score);
      }
    };
  }

  /** Returns whose it is. */
  public Partition partition() {
    return partition;
  }

  /** Returns who drains it. */
  public DrainLease lease() {
    return lease;
  }

  /** Something is pending in {@code slot}; by any thread. */
  public void wake(int slot) {
    rota.wake(slot);
  }

  /** Seals what is pending of the keys that have waited for longest, {@code most} of them. */
  public Batch seal(long epoch, int most) throws IOException, LostLeaseException {
    byte[] name = new byte[Round.NAME_BYTES];
    random.nextBytes(name);
    byte[] number = String.format(Locale.ROOT, "%016d%016d", epoch, ++rounds).getBytes(US_ASCII);
    SealedSlots sealed = new SealedSlots(name, most, MOST_BYTES);
    List<Integer> due = rota.due();
    int last = Math.min(MOST_SLOTS, due.size());
    long deadlineNs = System.nanoTime() + SEAL_LIMIT.toNanos();
    boolean inTime = true;
    for (int at = 0; at < last && sealed.room() > 0 && inTime; ) {
      int width = Math.min(SLOTS_AT_ONCE, Math.min(sealed.room(), last - at));
      seal(due.subList(at, at + width), number, sealed, deadlineNs);
      at += width;
      lease.keep();
      inTime = System.nanoTime() - deadlineNs < 0;
    }
    return sealed.batch();
  }

  private void seal(List<Integer> slots, byte[] number, SealedSlots sealed, long deadlineNs)
      throws LostLeaseException {
    byte[] keysEach = Outbox.number(sealed.room() / slots.size());
    byte[] bytesEach = Outbox.number(Math.max(1, sealed.byteRoom() / slots.size()));
    List<CompletableFuture<List<Object>>> answers = new ArrayList<>();
    for (int slot : slots) {
      answers.add(
          calls.run(
              OutboxScripts.SEAL,
              ScriptOutputType.MULTI,
              slot,
              List.of(keys.stream(slot), keys.batch(slot), keys.dead(slot)),
              sealed.name(),
              number,
              keysEach,
              bytesEach,
              calls.names().pendings(slot),
              calls.names().stranges(slot)));
    }
    for (int i = 0; i < slots.size(); i++) {
      int slot = slots.get(i);
      try {
        Backlog seen = sealed.add(slot, SlotCalls.await(answers.get(i), deadlineNs));
        rota.looked(slot, seen.depth(), seen.dead());
        backlogs.put(slot, seen);
      } catch (IOException e) {
        sealed.failed(e);
        if (e.getCause() instanceof TimeoutException) {
          rota.unanswered(slot);
        } else {
          rota.unasked(slot);
        }
      }
    }
  }

  /** The database has taken {@code round}. */
  public void drained(Round round) throws IOException, LostLeaseException {
    if (!settle(round)) {
      throw new LostLeaseException();
    }
    rota.drained(round.slots().getLast());
  }

  /**
   * As {@link #drained}, whoever has sealed it, where that was not said yet; to be called before
   * anything is sealed of what is drained anew.
   */
  public void begin(@Nullable Round round) throws IOException {
    rota.begin();
    if (round != null) {
      boolean _ = settle(round);
    }
  }

  /** Returns whether it was sealed still, in all of its slots. */
  private boolean settle(Round round) throws IOException {
    List<CompletableFuture<Long>> answers = new ArrayList<>();
    for (int slot : round.slots()) {
      answers.add(
          calls.run(
              OutboxScripts.DRAINED,
              ScriptOutputType.INTEGER,
              slot,
              List.of(keys.stream(slot), keys.batch(slot)),
              round.name(),
              calls.names().pendings(slot)));
    }
    long deadlineNs = SlotCalls.deadlineNs();
    boolean was = true;
    for (CompletableFuture<Long> answer : answers) {
      was &= SlotCalls.await(answer, deadlineNs) != OutboxScripts.ELSEWHERE;
    }
    return was;
  }

  /**
   * The database never takes {@code item}: it is put aside, unless its key was written since.
   *
   * @param round that which it was sealed in
   * @param most how many may be put aside in a slot
   */
  public Burial bury(Round round, Item item, String why, int most)
      throws IOException, LostLeaseException {
    int slot = item.slot();
    SideNames names = calls.names();
    CompletableFuture<Long> answer =
        calls.run(
            OutboxScripts.BURY,
            ScriptOutputType.INTEGER,
            slot,
            List.of(
                keys.stream(slot),
                keys.batch(slot),
                keys.dead(slot),
                item.key(),
                names.lease(item.key()),
                names.pending(item.key())),
            round.name(),
            item.entry(),
            item.token(),
            why.getBytes(UTF_8),
            Outbox.number(most));
    return switch (SlotCalls.await(answer).intValue()) {
      case OutboxScripts.ELSEWHERE -> throw new LostLeaseException();
      case OutboxScripts.DEAD_FULL -> Burial.FULL;
      case 0 -> Burial.WRITTEN_SINCE;
      default -> Burial.BURIED;
    };
  }

  /** Returns how much waited where that was looked at last. */
  public Backlog backlog() {
    return backlogs.values().stream().reduce(Backlog.NONE, Backlog::and);
  }

  /** Looks how much waits; by who does not drain. */
  public void observe() throws IOException {
    Map<Integer, CompletableFuture<List<Object>>> answers = new HashMap<>();
    for (int slot : rota.known()) {
      answers.put(
          slot,
          calls.run(
              OutboxScripts.OBSERVE,
              ScriptOutputType.MULTI,
              slot,
              List.of(keys.stream(slot), keys.dead(slot))));
    }
    backlogs.keySet().retainAll(answers.keySet());
    long deadlineNs = SlotCalls.deadlineNs();
    @Nullable IOException failure = null;
    boolean answered = false;
    for (var each : answers.entrySet()) {
      try {
        List<Object> said = SlotCalls.await(each.getValue(), deadlineNs);
        backlogs.put(each.getKey(), SealedSlots.backlog(said, 0));
        answered = true;
      } catch (IOException e) {
        failure = e; // what was seen before stands
      }
    }
    if (failure != null && !answered) {
      throw failure;
    }
  }
}

package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.tier.redis.Outbox.Pending;
import dev.nearside.proxy.tier.redis.OutboxFeed.Batch;
import dev.nearside.proxy.tier.redis.OutboxFeed.Item;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts together what was sealed in slots. Used by one thread. */
final class SealedSlots {
  private static final int EPOCH_DIGITS = OutboxScripts.NUMBER_DIGITS / 2;
  private static final int HEAD = 5;

  private final byte[] name;
  private final int most;
  private final long mostBytes;
  private final List<Integer> slots = new ArrayList<>();
  private final List<Item> items = new ArrayList<>();
  private @Nullable Item strange;
  private @Nullable IOException failure;
  private int answered;
  private long bytes;

  /**
   * Creates it, without any.
   *
   * @param most how many keys there are to be
   * @param mostBytes behind how many there are to be no more
   */
  SealedSlots(byte[] name, int most, long mostBytes) {
    this.name = name;
    this.most = most;
    this.mostBytes = mostBytes;
  }

  byte[] name() {
    return name;
  }

  /** Returns how many keys more there are to be. */
  int room() {
    return strange == null && byteRoom() > 0 ? most - items.size() : 0;
  }

  /** Returns how many bytes more there are to be. */
  long byteRoom() {
    return mostBytes - bytes;
  }

  /** Adds what was said in {@code slot}, and returns how much waits there. */
  Backlog add(int slot, List<Object> said) throws LostLeaseException {
    if ((Long) said.getFirst() == OutboxScripts.LOST) {
      String number = new String((byte[]) said.get(1), US_ASCII);
      throw new LostLeaseException(Long.parseLong(number, 0, EPOCH_DIGITS, 10));
    }
    answered++;
    int before = items.size();
    for (int i = HEAD; i + 2 < said.size() && strange == null; i += 3) {
      add(slot, (byte[]) said.get(i), (byte[]) said.get(i + 1), (byte[]) said.get(i + 2));
    }
    if (items.size() > before) {
      slots.add(slot);
    }
    return backlog(said, 1);
  }

  private void add(int slot, byte[] entry, byte[] key, byte[] written) {
    bytes += written.length;
    Pending pending = Pending.read(written);
    if (pending == null) {
      byte[] start = Arrays.copyOf(written, Math.min(written.length, OutboxScripts.TOKEN_BYTES));
      strange = new Item(slot, entry, key, start, KeyState.absent());
    } else {
      items.add(new Item(slot, entry, key, pending.token(), pending.state()));
    }
  }

  /** A slot has not answered: it has no part in it, whether it was sealed or not. */
  void failed(IOException why) {
    failure = why;
  }

  /**
   * Returns all of it.
   *
   * @throws IOException if no slot has answered
   */
  Batch batch() throws IOException {
    IOException why = failure;
    if (why != null && answered == 0) {
      throw why;
    }
    return new Batch(new Round(name, slots), items, strange, why == null ? null : why.getMessage());
  }

  /** Reads the time, how many are pending and dead, and the first entry, from {@code at} on. */
  static Backlog backlog(List<Object> said, int at) {
    long depth = (Long) said.get(at + 1);
    long sinceMs =
        depth > 0 && said.get(at + 3) instanceof byte[] first
            ? (Long) said.get(at) - millis(first)
            : 0;
    return new Backlog(depth, (Long) said.get(at + 2), Math.max(0, sinceMs));
  }

  private static long millis(byte[] entry) {
    String id = new String(entry, US_ASCII);
    return Long.parseLong(id.substring(0, id.indexOf('-')));
  }
}

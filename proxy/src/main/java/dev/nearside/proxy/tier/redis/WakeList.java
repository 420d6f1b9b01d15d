package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/*
 * Why no slot is left lying.
 *
 * Who appends to the stream of a slot has announced the slot not more than FRESH before, and was
 * answered. So from any append on the slot is in the list, with a score that is at most FRESH, and
 * the time the append itself takes, older than the append. The drain takes a slot out only if its
 * score is older than LASTING, and was so before the drain looked into the slot and found nothing,
 * and is the same still. An append that it did not see would have come with a newer score.
 *
 * To be quick, who appends to a stream that had nothing announces once more behind it: the score is
 * another than when the drain looked last, so it looks again. If whoever does so dies in between,
 * the drain looks when LASTING is over.
 *
 * The list itself may be lost, by a failover, say: so a drain now and then looks into all slots.
 */

/**
 * Which slots of a partition have something that is to be drained. Thread-safe, never blocks;
 * futures end exceptionally where Redis cannot be asked.
 */
final class WakeList {
  /** For how long who appends need not announce a slot again. */
  static final Duration FRESH = Duration.ofSeconds(20);

  /** For how long a slot is in the list at least. */
  static final Duration LASTING = Duration.ofSeconds(60);

  /**
   * What the list says.
   *
   * @param nowMs the time there
   * @param scores when each slot was announced last
   */
  record Listed(long nowMs, Map<Integer, Long> scores) {}

  private final SlotCalls calls;

  WakeList(SlotCalls calls) {
    this.calls = calls;
  }

  /** Says that {@code slots}, all of {@code partition}, have something, or are about to. */
  CompletableFuture<Long> announce(Partition partition, Collection<Integer> slots) {
    return calls.insist(
        WakeScripts.ANNOUNCE,
        ScriptOutputType.INTEGER,
        partition.anchor(),
        List.of(new OutboxKeys(calls.names(), partition.namespace()).wakes(partition)),
        slots.stream().map(Outbox::number).toArray(byte[][]::new));
  }

  /** Reads all of it. */
  CompletableFuture<Listed> read(Partition partition) {
    return this.<List<Object>>run(WakeScripts.READ, ScriptOutputType.MULTI, partition)
        .thenApply(said -> {
          Map<Integer, Long> scores = new HashMap<>();
          List<?> pairs = (List<?>) said.get(1);
          for (int i = 0; i < pairs.size(); i += 2) {
            double score = Double.parseDouble(text(pairs.get(i + 1)));
            scores.put(Integer.parseInt(text(pairs.get(i))), (long) score);
          }
          return new Listed((Long) said.getFirst(), scores);
        });
  }

  /** Takes {@code slot} out, unless it was announced since it had {@code score}, or lately. */
  CompletableFuture<Long> remove(Partition partition, int slot, long score) {
    return run(
        WakeScripts.REMOVE,
        ScriptOutputType.INTEGER,
        partition,
        Outbox.number(slot),
        Outbox.number(score),
        Outbox.number(LASTING.toMillis()));
  }

  private <T> CompletableFuture<T> run(
      Script script, ScriptOutputType type, Partition partition, byte[]... arguments) {
    OutboxKeys keys = new OutboxKeys(calls.names(), partition.namespace());
    return calls.run(script, type, partition.anchor(), List.of(keys.wakes(partition)), arguments);
  }

  private static String text(Object said) {
    return new String((byte[]) said, US_ASCII);
  }
}

package dev.nearside.proxy.tier.redis;

import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Says which slots are about to have something that is to be drained, as {@link WakeList} asks of
 * who appends. What is to be said of a partition while something is being said goes together behind
 * that. Thread-safe, never blocks.
 */
final class Announcer {
  private static final CompletableFuture<Void> SAID = CompletableFuture.completedFuture(null);

  private record Stream(String namespace, int slot) {}

  /** What is said together. */
  private record Wave(Set<Integer> slots, CompletableFuture<Void> said) {
    Wave() {
      this(new TreeSet<>(), new CompletableFuture<>());
    }
  }

  private final WakeList list;
  private final ConcurrentMap<Stream, Long> saidNs = new ConcurrentHashMap<>();
  private final ConcurrentMap<Partition, Wave> waiting = new ConcurrentHashMap<>();
  private final Set<Partition> speaking = ConcurrentHashMap.newKeySet();

  Announcer(WakeList list) {
    this.list = list;
  }

  /**
   * Something is about to be appended in {@code slot}: that may be done once this has completed,
   * and not where it ends exceptionally, by {@link UnsentException} or with what Redis has refused.
   */
  CompletableFuture<Void> before(String namespace, int slot) {
    Long lastNs = saidNs.get(new Stream(namespace, slot));
    boolean fresh = lastNs != null && System.nanoTime() - lastNs < WakeList.FRESH.toNanos();
    return fresh ? SAID : announce(namespace, slot);
  }

  /** Something was appended where nothing was. */
  void first(String namespace, int slot) {
    var _ = announce(namespace, slot);
  }

  private CompletableFuture<Void> announce(String namespace, int slot) {
    Partition partition = Partition.of(namespace, slot);
    Wave joined =
        waiting.compute(
            partition,
            (key, wave) -> {
              Wave into = wave == null ? new Wave() : wave;
              into.slots.add(slot);
              return into;
            });
    speak(partition);
    return joined.said;
  }

  /** Whoever has something to say looks here, and so does whoever has said something. */
  private void speak(Partition partition) {
    while (waiting.containsKey(partition) && speaking.add(partition)) {
      Wave wave = waiting.remove(partition);
      if (wave != null) {
        say(partition, wave);
        return;
      }
      speaking.remove(partition);
    }
  }

  private void say(Partition partition, Wave wave) {
    long nowNs = System.nanoTime();
    var _ =
        announced(partition, wave.slots)
            .whenComplete((done, failure) -> {
              if (failure == null) {
                wave.slots.forEach(
                    slot -> saidNs.put(new Stream(partition.namespace(), slot), nowNs));
              }
              speaking.remove(partition);
              speak(partition);
              end(wave, failure);
            });
  }

  /** Whatever comes of it, those who wait for it are told. */
  private CompletableFuture<Long> announced(Partition partition, Set<Integer> slots) {
    try {
      return list.announce(partition, slots);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static void end(Wave wave, @Nullable Throwable failure) {
    if (failure == null) {
      wave.said.complete(null);
    } else if (WriteIntents.refusal(failure) != null) {
      wave.said.completeExceptionally(Leases.unwrap(failure));
    } else {
      wave.said.completeExceptionally(new UnsentException("nobody takes what is to be announced"));
    }
  }
}

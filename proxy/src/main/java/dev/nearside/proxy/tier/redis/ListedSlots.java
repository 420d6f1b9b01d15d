package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.tier.redis.WakeList.Listed;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The rota of a partition of a cluster: slots that were announced since they were seen to be empty,
 * those that are not, those that somebody here has written to, and now and then, bit by bit, all.
 */
final class ListedSlots implements Rota {
  private static final long ALL_AGAIN_NS = Duration.ofMinutes(10).toNanos();
  private static final long ALL_AT_BEGIN_NS = Duration.ofMinutes(1).toNanos();

  /**
   * Of those that nobody has announced: hardly ever is there anything, and a sidecar that starts
   * has more to do than to look.
   */
  private static final int UNANNOUNCED_A_SECOND = 64;

  private static final long SECOND_NS = Duration.ofSeconds(1).toNanos();
  private static final long REST_NS = Duration.ofSeconds(1).toNanos();
  private static final long LONG_REST_NS = Duration.ofSeconds(10).toNanos();

  /** The announcements of a partition. */
  interface Announcements {
    Listed read() throws IOException;

    CompletableFuture<Long> announce(Collection<Integer> slots);

    CompletableFuture<Long> remove(int slot, long score);
  }

  /** It was seen to be empty when this was its score, at that time of the list. */
  private record Visit(long score, long atMs) {}

  private final Announcements list;
  private final Collection<Integer> all;
  private final LongSupplier nanoTime;
  private final Set<Integer> woken = ConcurrentHashMap.newKeySet();
  private final Set<Integer> busy = new TreeSet<>();
  private final Set<Integer> unseen = new TreeSet<>();
  private final Map<Integer, Visit> empty = new HashMap<>();
  private final Map<Integer, Long> restsUntilNs = new HashMap<>();
  private Listed listed = new Listed(0, Map.of());
  private @Nullable Long allAtNs;
  private long unannouncedAtNs;
  private int first;

  /**
   * Creates it; nothing is known yet.
   *
   * @param all the slots of the partition
   */
  ListedSlots(Announcements list, Collection<Integer> all, LongSupplier nanoTime) {
    this.list = list;
    this.all = all;
    this.nanoTime = nanoTime;
  }

  @Override
  public void begin() {
    empty.clear();
    lookAtAll(ALL_AT_BEGIN_NS);
  }

  private void lookAtAll(long afterNs) {
    long nowNs = nanoTime.getAsLong();
    Long before = allAtNs;
    if (before == null || nowNs - before > afterNs) {
      allAtNs = nowNs;
      unannouncedAtNs = nowNs - SECOND_NS;
      unseen.addAll(all);
    }
  }

  @Override
  public List<Integer> due() throws IOException {
    listed = list.read();
    lookAtAll(ALL_AGAIN_NS);
    empty.keySet().retainAll(listed.scores().keySet());
    for (Integer slot : List.copyOf(woken)) {
      woken.remove(slot); // before anybody looks into it
      busy.add(slot);
    }
    NavigableSet<Integer> due = new TreeSet<>(busy);
    listed.scores().keySet().stream().filter(this::isNews).forEach(due::add);
    long nowNs = nanoTime.getAsLong();
    restsUntilNs.values().removeIf(untilNs -> nowNs - untilNs >= 0);
    due.removeAll(restsUntilNs.keySet());
    List<Integer> inTurn = new ArrayList<>(due.tailSet(first, true));
    inTurn.addAll(due.headSet(first, false));
    unseen.stream()
        .filter(slot -> !due.contains(slot) && !restsUntilNs.containsKey(slot))
        .limit(unannouncedNow(nowNs))
        .forEach(inTurn::add);
    return inTurn;
  }

  private long unannouncedNow(long nowNs) {
    long sinceNs = Math.min(2 * SECOND_NS, nowNs - unannouncedAtNs);
    long most = sinceNs * UNANNOUNCED_A_SECOND / SECOND_NS;
    if (most > 0) {
      unannouncedAtNs = nowNs;
    }
    return most;
  }

  private boolean isNews(int slot) {
    Visit visit = empty.get(slot);
    Long score = listed.scores().get(slot);
    return visit == null
        || score == null
        || visit.score != score
        || (isOld(score) && isOld(visit.atMs));
  }

  private boolean isOld(long atMs) {
    return listed.nowMs() - atMs > WakeList.LASTING.toMillis();
  }

  @Override
  public List<Integer> known() throws IOException {
    return List.copyOf(list.read().scores().keySet());
  }

  @Override
  public void looked(int slot, long depth, long dead) {
    Long score = listed.scores().get(slot);
    unseen.remove(slot);
    if (depth > 0) {
      busy.add(slot);
      empty.remove(slot);
    } else {
      busy.remove(slot);
      if (score != null) {
        empty.put(slot, new Visit(score, listed.nowMs()));
      }
    }
    if (score == null && depth + dead > 0) {
      var _ = list.announce(List.of(slot)); // the list was lost
    } else if (score != null && depth + dead == 0 && isOld(score)) {
      var _ = list.remove(slot, score);
    }
  }

  @Override
  public void unasked(int slot) {
    restsUntilNs.put(slot, nanoTime.getAsLong() + REST_NS);
  }

  @Override
  public void unanswered(int slot) {
    restsUntilNs.put(slot, nanoTime.getAsLong() + LONG_REST_NS);
  }

  @Override
  public void drained(int slot) {
    first = slot + 1;
  }

  @Override
  public void wake(int slot) {
    woken.add(slot);
  }
}

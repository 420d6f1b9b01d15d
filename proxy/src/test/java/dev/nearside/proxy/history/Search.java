package dev.nearside.proxy.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks, depth first, for an order of a history's operations that explains every reply.
 *
 * <p>What changes nothing and fits the state is done at once: in any order that succeeds without,
 * moving it to the front succeeds, too. So only changes branch, and the moments of expiry.
 *
 * <p>A strict search lets a read lie only after every read that has shown a state of its keys: a
 * bit more than the contract says, quick, and nearly always met. A full search, for histories that
 * are not explained so, also tries to place a read before such ones, and then lets nothing change
 * the key in between: so they have shown the same state.
 */
final class Search {
  /** How a search ended. */
  enum Outcome {
    EXPLAINED,
    IMPOSSIBLE,
    TOO_LONG
  }

  private final Precedence order;
  private final Progress progress;
  private final Model model = new Model();
  private final boolean full;
  private final Configurations seen = new Configurations();
  private final long[][] newestReadNs = new long[2][Group.SLOTS];
  private final List<Operation> done = new ArrayList<>();
  private long budget;
  private int deepest = -1;
  private @Nullable Dead dead;

  /**
   * The configuration that got farthest of all that lead nowhere.
   *
   * @param last what was done last, the state, what could not be done
   */
  record Dead(List<Operation> last, String state, List<Operation> next, long horizonNs) {}

  Search(Precedence order, boolean full, long budget) {
    this.order = order;
    this.full = full;
    this.budget = budget;
    progress = new Progress(order);
    for (long[] newest : newestReadNs) {
      Arrays.fill(newest, Long.MIN_VALUE);
    }
  }

  Outcome run() {
    if (search()) {
      return Outcome.EXPLAINED;
    }
    return budget < 0 ? Outcome.TOO_LONG : Outcome.IMPOSSIBLE;
  }

  @Nullable Dead dead() {
    return dead;
  }

  private boolean search() {
    int mark = done.size();
    doAllPure();
    if (progress.isFinished()) {
      return true;
    }
    if (--budget >= 0 && seen.add(progress.hash())) {
      if (tryOrdinary() || tryExpiries() || (full && tryReads())) {
        return true;
      }
      noteDead();
    }
    while (done.size() > mark) {
      undo();
    }
    return false;
  }

  private void doAllPure() {
    boolean again = true;
    while (again) {
      again = false;
      for (int c = 0; c < order.connections; c++) {
        again |= placeReads(c);
        again |= advancePure(c);
      }
    }
  }

  private boolean placeReads(int c) {
    boolean any = false;
    Operation[] reads = order.relaxed[c];
    int first = progress.firstUnplaced[c];
    for (int i = first; i < reads.length && reads[i].pipeline() == reads[first].pipeline(); i++) {
      if (!progress.placed[c][i] && progress.isReady(c, i) && progress.shows(reads[i])) {
        place(c, i);
        any = true;
      }
    }
    return any;
  }

  private boolean advancePure(int c) {
    boolean any = false;
    Operation next = progress.enabled(c, progress.horizonNs());
    while (next != null && next.isPure() && model.after(progress.state, next) != null) {
      advance(c);
      any = true;
      next = progress.enabled(c, progress.horizonNs());
    }
    return any;
  }

  private void place(int c, int read) {
    Operation operation = order.relaxed[c][read];
    progress.place(c, read);
    done.add(operation);
  }

  private void advance(int c) {
    done.add(order.ordinary[c][progress.ordinary[c]]);
    progress.advance(c);
  }

  private void undo() {
    Operation last = done.removeLast();
    int c = last.connection();
    if (last.relaxed()) {
      progress.unplace(c, placeOf(order.relaxed[c], last));
    } else {
      progress.retreat(c);
    }
  }

  private static int placeOf(Operation[] all, Operation one) {
    int place = Precedence.answeredBefore(all, one.answeredNs());
    while (!all[place].equals(one)) {
      place++;
    }
    return place;
  }

  private boolean tryOrdinary() {
    long horizonNs = progress.horizonNs();
    for (int c : inOrderOfAnswers(horizonNs)) {
      Operation next = order.ordinary[c][progress.ordinary[c]];
      Cell[] before = progress.state;
      Cell[] after = model.after(before, next);
      if (after != null && mayChange(model.changed(), next)) {
        advance(c);
        progress.state = after;
        if (search()) {
          return true;
        }
        progress.state = before;
        undo();
      }
    }
    return false;
  }

  private int[] inOrderOfAnswers(long horizonNs) {
    int[] candidates = new int[order.connections];
    int count = 0;
    for (int c = 0; c < order.connections; c++) {
      Operation one = progress.enabled(c, horizonNs);
      if (one != null) {
        int at = count++;
        while (at > 0 && next(candidates[at - 1]).answeredNs() > one.answeredNs()) {
          candidates[at] = candidates[at - 1];
          at--;
        }
        candidates[at] = c;
      }
    }
    return Arrays.copyOf(candidates, count);
  }

  private Operation next(int c) {
    return order.ordinary[c][progress.ordinary[c]];
  }

  private boolean tryExpiries() {
    long horizonNs = progress.horizonNs();
    for (int slot = 0; slot < Group.SLOTS; slot++) {
      Cell cell = progress.state[slot];
      if (cell != null
          && cell.earliestNs <= horizonNs
          && cell.ends()
          && mayChange(1 << slot, null)) {
        Cell[] before = progress.state;
        progress.state = before.clone();
        progress.state[slot] = null;
        if (search()) {
          return true;
        }
        progress.state = before;
      }
    }
    return false;
  }

  /** Places a read before others that have shown its keys, which then must not change before. */
  private boolean tryReads() {
    for (int c = 0; c < order.connections; c++) {
      Operation[] reads = order.relaxed[c];
      int first = progress.firstUnplaced[c];
      for (int i = first; i < reads.length && reads[i].pipeline() == reads[first].pipeline(); i++) {
        if (!progress.placed[c][i] && progress.isBarelyReady(c, i) && progress.shows(reads[i])) {
          long[] newest = newestReadNs[reads[i].sidecar()];
          long[] before = newest.clone();
          raise(newest, reads[i]);
          place(c, i);
          if (search()) {
            return true;
          }
          undo();
          System.arraycopy(before, 0, newest, 0, newest.length);
        }
      }
    }
    return false;
  }

  private static void raise(long[] newest, Operation read) {
    for (int slot = 0; slot < Group.SLOTS; slot++) {
      if ((read.shown() & 1 << slot) != 0) {
        newest[slot] = Math.max(newest[slot], read.invokedNs());
      }
    }
  }

  /**
   * Returns whether these slots may change now: not while somebody has yet to show the state that a
   * later read has shown already.
   */
  private boolean mayChange(int slots, @Nullable Operation by) {
    if (!full) {
      return true;
    }
    for (int sidecar = 0; sidecar < 2; sidecar++) {
      for (int slot = 0; slot < Group.SLOTS; slot++) {
        long newestNs = newestReadNs[sidecar][slot];
        if ((slots & 1 << slot) != 0
            && newestNs != Long.MIN_VALUE
            && isShownLater(sidecar, slot, newestNs, by)) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean isShownLater(int sidecar, int slot, long newestNs, @Nullable Operation by) {
    for (int c = 0; c < order.connections; c++) {
      Operation[] all = order.ordinary[c];
      for (int i = progress.ordinary[c]; i < all.length && all[i].answeredNs() < newestNs; i++) {
        if (!all[i].equals(by) && shows(all[i], sidecar, slot)) {
          return true;
        }
      }
      Operation[] reads = order.relaxed[c];
      for (int i = progress.firstUnplaced[c];
          i < reads.length && reads[i].answeredNs() < newestNs;
          i++) {
        if (!progress.placed[c][i] && shows(reads[i], sidecar, slot)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean shows(Operation operation, int sidecar, int slot) {
    return operation.sidecar() == sidecar && (operation.shown() & 1 << slot) != 0;
  }

  private void noteDead() {
    if (progress.done <= deepest) {
      return;
    }
    deepest = progress.done;
    List<Operation> next = new ArrayList<>();
    for (int c = 0; c < order.connections; c++) {
      if (progress.ordinary[c] < order.ordinary[c].length) {
        next.add(next(c));
      }
      if (progress.firstUnplaced[c] < order.relaxed[c].length) {
        next.add(order.relaxed[c][progress.firstUnplaced[c]]);
      }
    }
    next.sort((one, other) -> Long.compare(one.answeredNs(), other.answeredNs()));
    List<Operation> last = done.subList(Math.max(0, done.size() - 12), done.size());
    dead = new Dead(List.copyOf(last), progress.showState(), next, progress.horizonNs());
  }
}

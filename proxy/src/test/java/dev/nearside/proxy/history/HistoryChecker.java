package dev.nearside.proxy.history;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says whether a history keeps the promises of the coherence contract. Stateless. */
final class HistoryChecker {
  private static final long QUICK_BUDGET = 20_000;
  private static final long FULL_BUDGET = 2_000_000;
  private static final long SHRINK_BUDGET = 50_000;
  private static final int SHOWN = 14;

  private HistoryChecker() {}

  static Verdict check(History history) {
    Precedence order = new Precedence(history);
    if (new Search(order, false, QUICK_BUDGET).run() == Search.Outcome.EXPLAINED) {
      return new Verdict.Explained();
    }
    Search full = new Search(order, true, FULL_BUDGET);
    return switch (full.run()) {
      case EXPLAINED -> new Verdict.Explained();
      case IMPOSSIBLE -> new Verdict.Violated(explain(shrink(history)));
      case TOO_LONG -> new Verdict.Undecided();
    };
  }

  /** Leaves out reads without which it is a violation all the same, many at a time at first. */
  private static History shrink(History history) {
    History small = history;
    for (int size = history.operations().size() / 2; size > 0; size /= 2) {
      small = shrink(small, size);
    }
    return small;
  }

  private static History shrink(History history, int size) {
    History small = history;
    List<Operation> reads =
        history.operations().stream()
            .filter(one -> one.relaxed() || (one.isPure() && isNotTold(one, history)))
            .toList();
    for (int start = 0; start < reads.size(); start += size) {
      List<Operation> some = reads.subList(start, Math.min(reads.size(), start + size));
      History smaller = without(small, Set.copyOf(some));
      small = isImpossible(smaller) ? smaller : small;
    }
    return small;
  }

  private static boolean isNotTold(Operation one, History history) {
    return history.receipts().stream().noneMatch(receipt -> receipt.told().equals(one));
  }

  private static History without(History history, Set<Operation> some) {
    List<Operation> left = new ArrayList<>(history.operations());
    left.removeAll(some);
    return new History(left, history.connections(), history.receipts(), history.maxStalenessNs());
  }

  private static boolean isImpossible(History history) {
    return new Search(new Precedence(history), true, SHRINK_BUDGET).run()
        == Search.Outcome.IMPOSSIBLE;
  }

  private static String explain(History history) {
    Search search = new Search(new Precedence(history), true, FULL_BUDGET);
    search.run();
    Search.@Nullable Dead dead = search.dead();
    if (dead == null) {
      return "the history has no order, and nothing can come first";
    }
    long startNs = history.operations().stream().mapToLong(Operation::invokedNs).min().orElse(0);
    StringBuilder why = new StringBuilder("no order explains all replies. The longest ends with");
    dead.last().forEach(one -> why.append("\n    ").append(one.describe(startNs)));
    why.append("\n  in the state ").append(dead.state());
    why.append("\n  where next would come");
    dead.next().stream()
        .filter(one -> one.invokedNs() <= dead.horizonNs())
        .forEach(one -> why.append("\n    ").append(one.describe(startNs)));
    why.append("\n  Before, about the same keys:");
    related(history, dead).forEach(one -> why.append("\n    ").append(one.describe(startNs)));
    why.append("\n  Told by messages and lists:");
    history.receipts().forEach(one -> why.append("\n    ").append(one.describe(startNs)));
    why.append("\n  Reads left after leaving out all that do not matter:");
    history.operations().stream()
        .filter(Operation::relaxed)
        .forEach(one -> why.append("\n    ").append(one.describe(startNs)));
    return why.toString();
  }

  private static List<Operation> related(History history, Search.Dead dead) {
    if (dead.next().isEmpty()) {
      return List.of();
    }
    Operation stuck = dead.next().getFirst();
    Set<Operation> said = new HashSet<>(dead.last());
    said.addAll(dead.next());
    List<Operation> related =
        history.operations().stream()
            .filter(one -> ((one.shown() | one.changed()) & stuck.shown()) != 0)
            .filter(one -> one.invokedNs() <= stuck.answeredNs() && !said.contains(one))
            .sorted((a, b) -> Long.compare(a.invokedNs(), b.invokedNs()))
            .toList();
    return related.subList(Math.max(0, related.size() - SHOWN), related.size());
  }
}

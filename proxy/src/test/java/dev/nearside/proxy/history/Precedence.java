package dev.nearside.proxy.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What has to come before what in any order that explains a history.
 *
 * <p>Operations that Redis executed are ordered by real time and by their connection. A relaxed
 * read may lie before its invocation, but after
 *
 * <ol>
 *   <li>every change of one of its keys through its sidecar that was acknowledged before it;
 *   <li>the state of each of its keys that anything through its sidecar had shown before it, on
 *       whatever path: <em>monotonic</em>, and only that. It need not lie after the read that
 *       showed it, which may have been made by somebody who knew more of other keys;
 *   <li>everything that its connection had been answered before it, where Redis answered, unless
 *       the reply is the same whatever others wrote; else what was shown; whatever an element that
 *       it popped had told of; and whatever a message or a blocking pop, of anybody at its sidecar;
 *   <li>everything answered to anybody longer than the bound on staleness ago.
 * </ol>
 *
 * <p>In a strict history the bound is nought, and it lies after whatever read was answered before
 * it, too: so it is linearizable.
 *
 * <p>It lies before whatever was invoked after it was answered. All of it are numbers: how many
 * operations of each connection have to be done first.
 */
final class Precedence {
  /**
   * What has to be done before a relaxed read.
   *
   * @param ordinary of each connection, how many ordinary operations
   * @param ordinaryShown as {@code ordinary}, counting those that only showed one of its keys, too
   * @param relaxed of each connection, how many relaxed reads
   * @param relaxedShown as {@code relaxed}, counting those that showed one of its keys, too
   * @param own how many relaxed reads of its own connection
   * @param beside those of its own pipeline that read one of its keys before it
   */
  @SuppressWarnings("ArrayRecordComponent") // made once, read in the innermost loop
  record Need(
      int[] ordinary,
      int[] ordinaryShown,
      int[] relaxed,
      int[] relaxedShown,
      int own,
      int[] beside) {}

  final int connections;
  final Operation[][] ordinary;
  final Operation[][] relaxed;
  final Need[][] needs;

  /** Of each ordinary operation, the reads of its own pipeline that must not see it. */
  final int[][][] readsBefore;

  Precedence(History history) {
    connections = history.connections();
    List<List<Operation>> ordinaryLists = lists(connections);
    List<List<Operation>> relaxedLists = lists(connections);
    List<List<int[]>> before = lists(connections);
    List<List<Need>> all = lists(connections);
    for (Operation operation : history.operations()) {
      int c = operation.connection();
      if (!operation.relaxed()) {
        before.get(c).add(sharing(relaxedLists.get(c), operation));
        ordinaryLists.get(c).add(operation);
      } else if (operation.isAnswered()) {
        int[] beside = sharing(relaxedLists.get(c), operation);
        Need need =
            new Need(
                new int[connections],
                new int[connections],
                new int[connections],
                new int[connections],
                earlierPipelines(relaxedLists.get(c), operation),
                beside);
        ownPipeline(need, ordinaryLists.get(c), operation);
        all.get(c).add(need);
        relaxedLists.get(c).add(operation);
      }
    }
    ordinary = arrays(ordinaryLists);
    relaxed = arrays(relaxedLists);
    readsBefore = before.stream().map(l -> l.toArray(int[][]::new)).toArray(int[][][]::new);
    needs = all.stream().map(l -> l.toArray(Need[]::new)).toArray(Need[][]::new);
    for (int c = 0; c < connections; c++) {
      for (int i = 0; i < relaxed[c].length; i++) {
        others(relaxed[c][i], needs[c][i], history);
      }
    }
  }

  private static <T> List<List<T>> lists(int count) {
    List<List<T>> lists = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      lists.add(new ArrayList<>());
    }
    return lists;
  }

  private static Operation[][] arrays(List<List<Operation>> lists) {
    return lists.stream().map(list -> list.toArray(Operation[]::new)).toArray(Operation[][]::new);
  }

  /** Returns the places of those in the same pipeline that have a key in common. */
  private static int[] sharing(List<Operation> reads, Operation operation) {
    int mask = operation.shown() | operation.changed();
    int first = earlierPipelines(reads, operation);
    int[] places = new int[reads.size() - first];
    int count = 0;
    for (int i = first; i < reads.size(); i++) {
      if ((reads.get(i).shown() & mask) != 0) {
        places[count++] = i;
      }
    }
    return Arrays.copyOf(places, count);
  }

  private static int earlierPipelines(List<Operation> reads, Operation operation) {
    int count = reads.size();
    while (count > 0 && reads.get(count - 1).pipeline() == operation.pipeline()) {
      count--;
    }
    return count;
  }

  /** What was sent before it at once with it counts where it is about the same key. */
  private static void ownPipeline(Need need, List<Operation> before, Operation read) {
    int c = read.connection();
    for (int i = 0; i < before.size(); i++) {
      Operation one = before.get(i);
      boolean earlier = one.pipeline() < read.pipeline() && !one.isBlind();
      if (earlier || (one.changed() & read.shown()) != 0) {
        need.ordinary()[c] = i + 1;
      }
      if (earlier || (one.shown() & read.shown()) != 0) {
        need.ordinaryShown()[c] = i + 1;
      }
    }
  }

  private void others(Operation read, Need need, History history) {
    for (int c = 0; c < connections; c++) {
      if (c != read.connection()) {
        ordinaryOf(c, read, need, history.maxStalenessNs());
        relaxedOf(c, read, need, history.isStrict());
      }
      need.ordinaryShown()[c] = Math.max(need.ordinaryShown()[c], need.ordinary()[c]);
    }
    for (History.Receipt receipt : history.receipts()) {
      if (receipt.binds(read)) {
        int c = receipt.told().connection();
        int place = placeOf(receipt.told());
        need.ordinary()[c] = Math.max(need.ordinary()[c], place);
        need.ordinaryShown()[c] = Math.max(need.ordinaryShown()[c], place);
      }
    }
  }

  private int placeOf(Operation told) {
    Operation[] all = ordinary[told.connection()];
    for (int i = 0; i < all.length; i++) {
      if (all[i].equals(told)) {
        return i + 1;
      }
    }
    throw new IllegalStateException("a receipt of something not in the history");
  }

  private void ordinaryOf(int c, Operation read, Need need, long maxStalenessNs) {
    Operation[] all = ordinary[c];
    int changed = 0;
    int shown = 0;
    for (int i = answeredBefore(all, read.invokedNs()); i > 0 && changed == 0; i--) {
      Operation one = all[i - 1];
      boolean old = one.answeredNs() < read.invokedNs() - maxStalenessNs;
      boolean here = one.sidecar() == read.sidecar();
      if (old || (here && (one.changed() & read.shown()) != 0)) {
        changed = i;
      }
      if (shown == 0 && here && (one.shown() & read.shown()) != 0) {
        shown = i;
      }
    }
    need.ordinary()[c] = changed;
    need.ordinaryShown()[c] = shown;
  }

  private void relaxedOf(int c, Operation read, Need need, boolean strict) {
    Operation[] all = relaxed[c];
    int answered = answeredBefore(all, read.invokedNs());
    if (strict) {
      need.relaxed()[c] = answered;
      return;
    }
    for (int i = answered; i > 0; i--) {
      if (all[i - 1].sidecar() == read.sidecar() && (all[i - 1].shown() & read.shown()) != 0) {
        need.relaxedShown()[c] = i;
        return;
      }
    }
  }

  /** Returns how many of one connection's operations were answered before then. */
  static int answeredBefore(Operation[] all, long thenNs) {
    int low = 0;
    int high = all.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (all[middle].answeredNs() < thenNs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

package dev.nearside.proxy.history;

import java.util.Arrays;

/** How far a search has come: what is done, and the state that this has led to. */
final class Progress {
  final Precedence order;
  final int[] ordinary;
  final boolean[][] placed;
  final int[] firstUnplaced;
  Cell[] state = new Cell[Group.SLOTS];
  int done;
  private long doneHash;

  Progress(Precedence order) {
    this.order = order;
    ordinary = new int[order.connections];
    firstUnplaced = new int[order.connections];
    placed = new boolean[order.connections][];
    for (int c = 0; c < order.connections; c++) {
      placed[c] = new boolean[order.relaxed[c].length];
    }
  }

  boolean isFinished() {
    for (int c = 0; c < order.connections; c++) {
      if (firstUnplaced[c] < placed[c].length) {
        return false;
      }
      Operation[] all = order.ordinary[c];
      if (ordinary[c] < all.length && all[ordinary[c]].isAnswered()) {
        return false;
      }
    }
    return true;
  }

  /** Returns the earliest answer of all that is not done: nothing invoked later may come first. */
  long horizonNs() {
    long horizonNs = Long.MAX_VALUE;
    for (int c = 0; c < order.connections; c++) {
      if (firstUnplaced[c] < placed[c].length) {
        horizonNs = Math.min(horizonNs, order.relaxed[c][firstUnplaced[c]].answeredNs());
      }
      if (ordinary[c] < order.ordinary[c].length) {
        horizonNs = Math.min(horizonNs, order.ordinary[c][ordinary[c]].answeredNs());
      }
    }
    return horizonNs;
  }

  /** Returns the next ordinary operation of a connection if it may come now, else null. */
  Operation enabled(int c, long horizonNs) {
    if (ordinary[c] == order.ordinary[c].length) {
      return null;
    }
    Operation next = order.ordinary[c][ordinary[c]];
    if (next.invokedNs() > horizonNs || showsEnded(next)) {
      return null;
    }
    for (int read : order.readsBefore[c][ordinary[c]]) {
      if (!placed[c][read]) {
        return null;
      }
    }
    return next;
  }

  /** Returns whether it would show what had ended for sure when it was asked. */
  private boolean showsEnded(Operation operation) {
    int mask = operation.shown();
    for (int slot = 0; slot < Group.SLOTS; slot++) {
      Cell cell = state[slot];
      if ((mask & 1 << slot) != 0 && cell != null && cell.latestNs < operation.invokedNs()) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether all is done that has to come before a read, shown states included. */
  boolean isReady(int c, int read) {
    Precedence.Need need = order.needs[c][read];
    return isBarelyReady(c, read)
        && reached(ordinary, need.ordinaryShown())
        && reached(firstUnplaced, need.relaxedShown());
  }

  /** As {@link #isReady} without what has only been shown. */
  boolean isBarelyReady(int c, int read) {
    Precedence.Need need = order.needs[c][read];
    if (firstUnplaced[c] < need.own()
        || !reached(ordinary, need.ordinary())
        || !reached(firstUnplaced, need.relaxed())) {
      return false;
    }
    for (int beside : need.beside()) {
      if (!placed[c][beside]) {
        return false;
      }
    }
    return true;
  }

  private static boolean reached(int[] done, int[] needed) {
    for (int c = 0; c < done.length; c++) {
      if (done[c] < needed[c]) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether a relaxed read shows the state as it is now. */
  boolean shows(Operation read) {
    if (showsEnded(read)) {
      return false;
    }
    Step[] steps = read.steps();
    Object[] replies = read.replies();
    for (int i = 0; i < steps.length; i++) {
      int[] slots = steps[i].slots();
      for (int j = 0; j < slots.length; j++) {
        Object reply =
            replies[i] instanceof java.util.List<?> list
                ? list.size() == slots.length ? list.get(j) : null
                : replies[i];
        Cell cell = state[slots[j]];
        if (cell == null ? reply != Sign.NIL : !cell.value.equals(reply)) {
          return false;
        }
      }
    }
    return true;
  }

  void place(int c, int read) {
    placed[c][read] = true;
    while (firstUnplaced[c] < placed[c].length && placed[c][firstUnplaced[c]]) {
      firstUnplaced[c]++;
    }
    toggle(order.relaxed[c][read], read, c);
    done++;
  }

  void unplace(int c, int read) {
    placed[c][read] = false;
    firstUnplaced[c] = Math.min(firstUnplaced[c], read);
    toggle(order.relaxed[c][read], read, c);
    done--;
  }

  void advance(int c) {
    toggle(order.ordinary[c][ordinary[c]], ordinary[c], c);
    ordinary[c]++;
    done++;
  }

  void retreat(int c) {
    ordinary[c]--;
    toggle(order.ordinary[c][ordinary[c]], ordinary[c], c);
    done--;
  }

  private void toggle(Operation operation, int place, int c) {
    doneHash ^= Cell.mix(((long) place << 32 | c) << 1 | (operation.relaxed() ? 1 : 0));
  }

  /** Returns a number that two configurations share only if they are the same, nearly for sure. */
  long hash() {
    long hash = doneHash;
    for (Cell cell : state) {
      hash = Cell.mix(hash + (cell == null ? 7 : cell.hash));
    }
    return hash;
  }

  String showState() {
    StringBuilder shown = new StringBuilder();
    for (int slot = 0; slot < Group.SLOTS; slot++) {
      if (state[slot] != null) {
        shown.append(Group.slotName(slot)).append('=').append(state[slot]).append(' ');
      }
    }
    return shown.isEmpty() ? "empty" : shown.toString().strip();
  }

  @Override
  public String toString() {
    return Arrays.toString(ordinary) + Arrays.toString(firstUnplaced);
  }
}

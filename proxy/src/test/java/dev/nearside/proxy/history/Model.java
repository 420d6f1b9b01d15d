package dev.nearside.proxy.history;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What Redis does with a group of string keys. Holds the state while an operation is tried on it;
 * not thread-safe.
 */
final class Model {
  private Cell[] cells = new Cell[Group.SLOTS];
  private int changed;
  private long notBeforeNs;
  private long notAfterNs;

  /** Returns the slots changed by the last operation, one bit each. */
  int changed() {
    return changed;
  }

  /**
   * Returns the state after {@code operation}, or null if it could not have been answered so.
   *
   * @param state is left as it is
   */
  Cell @Nullable [] after(Cell[] state, Operation operation) {
    cells = state.clone();
    changed = 0;
    notBeforeNs = operation.invokedNs();
    notAfterNs = operation.answeredNs();
    Step[] steps = operation.steps();
    Object[] replies = operation.replies();
    for (int i = 0; i < steps.length; i++) {
      Object reply = run(steps[i]);
      if (replies != null && steps[i].verb() != Verb.TELL && !matches(reply, replies[i])) {
        return null;
      }
      if (replies == null && steps[i].verb() == Verb.IS && reply == Sign.ERROR) {
        return null;
      }
    }
    return cells;
  }

  private static boolean matches(Object expected, Object reply) {
    if (expected instanceof List<?> these && reply instanceof List<?> those) {
      boolean same = these.size() == those.size();
      for (int i = 0; same && i < these.size(); i++) {
        same = matches(these.get(i), those.get(i));
      }
      return same;
    }
    return expected.equals(reply);
  }

  private Object run(Step step) {
    int slot = step.slots().length == 0 ? 0 : step.slot();
    Cell cell = cells[slot];
    return switch (step.verb()) {
      case GET -> shown(cell);
      case MGET -> {
        List<Object> values = new ArrayList<>(step.slots().length);
        for (int one : step.slots()) {
          values.add(shown(cells[one]));
        }
        yield values;
      }
      case STRLEN -> cell == null ? 0L : (long) cell.value.length();
      case EXISTS -> count(step.slots(), false);
      case SET -> set(step, cell);
      case GETSET -> {
        put(slot, Cell.of(step.text()));
        yield shown(cell);
      }
      case INCR -> incr(slot, cell);
      case APPEND -> write(slot, cell, (cell == null ? "" : cell.value) + step.text());
      case SETRANGE -> write(slot, cell, overwritten(cell, (int) step.number(), step.text()));
      case GETDEL -> {
        if (cell != null) {
          put(slot, null);
        }
        yield shown(cell);
      }
      case GETEX -> getEx(step, cell);
      case DEL, UNLINK -> count(step.slots(), true);
      case RENAME -> cell == null ? Sign.ERROR : rename(step, cell, Sign.OK);
      case RENAMENX -> {
        if (cell == null) {
          yield Sign.ERROR;
        }
        yield cells[step.slots()[1]] != null ? 0L : rename(step, cell, 1L);
      }
      case COPY -> copy(step, cell);
      case MOVE ->
          cell == null || cells[step.slots()[1]] != null ? (Object) 0L : rename(step, cell, 1L);
      case PEXPIRE -> expire(slot, cell, step.number());
      case EXPIRE -> expire(slot, cell, step.number() * 1000);
      case PERSIST -> {
        if (cell == null || !cell.ends()) {
          yield 0L;
        }
        put(slot, cell.persistent());
        yield 1L;
      }
      case FLUSHDB -> flush((int) step.number());
      case SWAPDB -> swap();
      case TELL -> Sign.OK;
      case BROKEN -> Sign.ERROR;
      case IS ->
          shown(cell).equals(step.text().isEmpty() ? Sign.NIL : step.text()) ? Sign.OK : Sign.ERROR;
    };
  }

  private static Object shown(@Nullable Cell cell) {
    return cell == null ? Sign.NIL : cell.value;
  }

  private void put(int slot, @Nullable Cell cell) {
    cells[slot] = cell;
    changed |= 1 << slot;
  }

  private Object set(Step step, @Nullable Cell cell) {
    Object old = shown(cell);
    boolean refused = step.has(Step.NX) ? cell != null : step.has(Step.XX) && cell == null;
    if (!refused) {
      Cell next = Cell.of(step.text());
      if (step.has(Step.KEEPTTL) && cell != null) {
        next = cell.with(step.text());
      } else {
        next = ending(step, next);
      }
      put(step.slot(), next);
    }
    if (step.has(Step.GET)) {
      return old;
    }
    return refused ? Sign.NIL : Sign.OK;
  }

  /** Returns {@code cell} with the end that {@code step} gives it, if it gives one. */
  private Cell ending(Step step, Cell cell) {
    boolean seconds = step.has(Step.EX) || step.has(Step.EXAT);
    long millis = seconds ? 1000 * step.number() : step.number();
    if (step.has(Step.PXAT) || step.has(Step.EXAT)) {
      return cell.endingAt(WallClock.monotonicNs(millis));
    }
    boolean ends = step.has(Step.PX) || step.has(Step.EX);
    return ends ? cell.ending(millis, notBeforeNs, notAfterNs) : cell;
  }

  private Object incr(int slot, @Nullable Cell cell) {
    if (cell == null) {
      put(slot, Cell.of("1"));
      return 1L;
    }
    try {
      long number = Long.parseLong(cell.value);
      if (number == Long.MAX_VALUE || !Long.toString(number).equals(cell.value)) {
        return Sign.ERROR;
      }
      put(slot, cell.with(Long.toString(number + 1)));
      return number + 1;
    } catch (NumberFormatException e) {
      return Sign.ERROR;
    }
  }

  private Object write(int slot, @Nullable Cell cell, String value) {
    put(slot, cell == null ? Cell.of(value) : cell.with(value));
    return (long) value.length();
  }

  private static String overwritten(@Nullable Cell cell, int offset, String text) {
    StringBuilder value = new StringBuilder(cell == null ? "" : cell.value);
    while (value.length() < offset + text.length()) {
      value.append('\0');
    }
    return value.replace(offset, offset + text.length(), text).toString();
  }

  private Object count(int[] slots, boolean remove) {
    long count = 0;
    for (int slot : slots) {
      if (cells[slot] != null) {
        count++;
        if (remove) {
          put(slot, null);
        }
      }
    }
    return count;
  }

  private Object getEx(Step step, @Nullable Cell cell) {
    if (cell != null && step.has(Step.PERSIST) && cell.ends()) {
      put(step.slot(), cell.persistent());
    } else if (cell != null && step.has(Step.PX | Step.EX | Step.PXAT | Step.EXAT)) {
      put(step.slot(), ending(step, cell));
    }
    return shown(cell);
  }

  private Object rename(Step step, Cell cell, Object reply) {
    put(step.slot(), null);
    put(step.slots()[1], cell);
    return reply;
  }

  private Object copy(Step step, @Nullable Cell cell) {
    int target = step.slots()[1];
    if (cell == null || (cells[target] != null && !step.has(Step.REPLACE))) {
      return 0L;
    }
    put(target, cell);
    return 1L;
  }

  private Object expire(int slot, @Nullable Cell cell, long ttlMs) {
    if (cell == null) {
      return 0L;
    }
    put(slot, ttlMs <= 0 ? null : cell.ending(ttlMs, notBeforeNs, notAfterNs));
    return 1L;
  }

  private Object flush(int database) {
    for (int key = 0; key < Group.KEYS; key++) {
      put(database * Group.KEYS + key, null);
    }
    return Sign.OK;
  }

  private Object swap() {
    for (int key = 0; key < Group.KEYS; key++) {
      Cell first = cells[key];
      put(key, cells[Group.KEYS + key]);
      put(Group.KEYS + key, first);
    }
    return Sign.OK;
  }
}

package dev.nearside.proxy.command;

import dev.nearside.proxy.resp.Request;

/**
 * Finds the keys of a request without asking the server: by the positions that COMMAND told, or by
 * a rule where they depend on the arguments. Stateless; the same answers as COMMAND GETKEYS.
 */
public final class KeyPositions {
  private KeyPositions() {}

  /**
   * Visits the index of every argument of {@code request} that is a key, one of {@code command}.
   *
   * @return whether those are all keys the command can touch. False: there may be others (a script,
   *     SORT by a pattern, a module's command, arguments the server will refuse), so the request is
   *     opaque; the keys visited are keys all the same
   */
  public static boolean forEachKey(Command command, Request request, KeyVisitor visitor) {
    return switch (command.keyRule()) {
      case RANGE -> range(command, request, visitor);
      case NONE -> true;
      case UNDECLARED -> {
        range(command, request, visitor);
        yield false;
      }
      case NUMKEYS_AT_1 -> counted(request, 1, 1, visitor);
      case NUMKEYS_AT_1_PAIRS -> counted(request, 1, 2, visitor);
      case NUMKEYS_AT_2 -> counted(request, 2, 1, visitor);
      case SCRIPT -> {
        counted(request, 2, 1, visitor);
        yield false;
      }
      case STORE_NUMKEYS -> single(request, 1, visitor) && counted(request, 2, 1, visitor);
      case STREAMS -> MovableKeys.streams(request, visitor);
      case SORT -> single(request, 1, visitor) && MovableKeys.sort(request, visitor);
      case GEORADIUS -> single(request, 1, visitor) && MovableKeys.geoRadius(request, visitor);
      case MIGRATE -> MovableKeys.migrate(request, visitor);
    };
  }

  /**
   * Returns whether a whole request says that it has keys and is so wrong that a server finds none
   * in it.
   */
  public static boolean lacksKeys(Command command, Request request) {
    return switch (command.keyRule()) {
      case STORE_NUMKEYS -> count(request, 2) < 1 || !counted(request, 2, 1, key -> {});
      case STREAMS -> !MovableKeys.streams(request, key -> {});
      case RANGE,
          NONE,
          UNDECLARED,
          NUMKEYS_AT_1,
          NUMKEYS_AT_1_PAIRS,
          NUMKEYS_AT_2,
          SCRIPT,
          SORT,
          GEORADIUS,
          MIGRATE ->
          false;
    };
  }

  private static boolean range(Command command, Request request, KeyVisitor visitor) {
    int first = command.firstKey();
    if (first <= 0) {
      return true;
    }
    int last = command.lastKey() < 0 ? request.argCount() + command.lastKey() : command.lastKey();
    int step = Math.max(1, command.step());
    // In long: the step is what the upstream says, and a sum of two ints may wrap.
    for (long i = first; i <= last && i < request.argCount(); i += step) {
      visitor.visit((int) i);
    }
    return true;
  }

  private static boolean single(Request request, int key, KeyVisitor visitor) {
    if (key >= request.argCount()) {
      return false;
    }
    visitor.visit(key);
    return true;
  }

  /** The argument at {@code numKeys} says how many keys follow it, {@code step} apart. */
  private static boolean counted(Request request, int numKeys, int step, KeyVisitor visitor) {
    int count = count(request, numKeys);
    int first = numKeys + 1;
    if (count < 0 || (long) first + (long) count * step > request.argCount()) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      visitor.visit(first + i * step);
    }
    return true;
  }

  /** Returns argument {@code arg} as a number of arguments, or -1 if it cannot be one. */
  private static int count(Request request, int arg) {
    if (arg >= request.argCount() || request.argLength(arg) == 0 || request.argLength(arg) > 9) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < request.argLength(arg); i++) {
      int digit = request.buffer().getByte(request.argStart(arg) + i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}

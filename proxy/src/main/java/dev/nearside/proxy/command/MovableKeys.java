package dev.nearside.proxy.command;

import dev.nearside.proxy.resp.Request;
import io.netty.buffer.ByteBuf;

/**
 * The keys of commands whose options have to be read to find them. Returns as KeyPositions does.
 */
final class MovableKeys {
  private MovableKeys() {}

  /** {@code XREADGROUP GROUP g c COUNT 1 STREAMS k k id id}: the first half after STREAMS. */
  static boolean streams(Request request, KeyVisitor visitor) {
    int i = 1;
    while (i < request.argCount() && !request.argIs(i, "STREAMS")) {
      if (request.argIs(i, "GROUP")) {
        i += 3;
      } else if (request.argIs(i, "NOACK")) {
        i++;
      } else if (request.argIs(i, "COUNT")
          || request.argIs(i, "BLOCK")
          || request.argIs(i, "CLAIM")) {
        i += 2;
      } else {
        return false;
      }
    }
    int count = (request.argCount() - i - 1) / 2;
    for (int key = i + 1; key <= i + count; key++) {
      visitor.visit(key);
    }
    return count > 0 && i + 1 + 2 * count == request.argCount();
  }

  /** {@code SORT k [BY p] [LIMIT o n] [GET p …] [STORE k]}, after its first key. */
  static boolean sort(Request request, KeyVisitor visitor) {
    boolean complete = true;
    int i = 2;
    while (i < request.argCount()) {
      boolean hasNext = i + 1 < request.argCount();
      if (request.argIs(i, "LIMIT")) {
        i += 3;
      } else if (hasNext && request.argIs(i, "STORE")) {
        visitor.visit(i + 1);
        i += 2;
      } else if (hasNext && (request.argIs(i, "BY") || request.argIs(i, "GET"))) {
        complete &= !hasStar(request, i + 1);
        i += 2;
      } else {
        i++;
      }
    }
    return complete;
  }

  /** {@code GEORADIUS k … [STORE k] [STOREDIST k]}, after its first key. */
  static boolean geoRadius(Request request, KeyVisitor visitor) {
    for (int i = 5; i + 1 < request.argCount(); i++) {
      if (request.argIs(i, "STORE") || request.argIs(i, "STOREDIST")) {
        visitor.visit(++i);
      }
    }
    return true;
  }

  /** {@code MIGRATE host port k …}, or an empty key and {@code KEYS k …} at the end. */
  static boolean migrate(Request request, KeyVisitor visitor) {
    if (request.argCount() < 6) {
      return false;
    }
    if (request.argLength(3) > 0) {
      visitor.visit(3);
      return true;
    }
    int i = 6;
    while (i < request.argCount() && !request.argIs(i, "KEYS")) {
      i += request.argIs(i, "AUTH2") ? 3 : request.argIs(i, "AUTH") ? 2 : 1;
    }
    for (int key = i + 1; key < request.argCount(); key++) {
      visitor.visit(key);
    }
    return i + 1 < request.argCount();
  }

  /** A pattern without a star is a constant: no key is read for it. */
  private static boolean hasStar(Request request, int arg) {
    ByteBuf buffer = request.buffer();
    int start = request.argStart(arg);
    return buffer.indexOf(start, start + request.argLength(arg), (byte) '*') >= 0;
  }
}

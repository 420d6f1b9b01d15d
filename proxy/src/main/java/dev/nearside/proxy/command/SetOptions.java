package dev.nearside.proxy.command;

import dev.nearside.proxy.resp.Request;

/** The options of SET, after {@code SET key value}. */
final class SetOptions {
  private SetOptions() {}

  /** Returns whether the key is set only where it does not exist. */
  static boolean onlyIfAbsent(Request request) {
    for (int i = 3; i < request.argCount(); i++) {
      if (request.argIs(i, "NX")) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether no option does more than set or keep the expiry. */
  static boolean onlyExpiry(Request request) {
    int i = 3;
    while (i < request.argCount()) {
      if (request.argIs(i, "EX")
          || request.argIs(i, "PX")
          || request.argIs(i, "EXAT")
          || request.argIs(i, "PXAT")) {
        i += 2;
      } else if (request.argIs(i, "KEEPTTL")) {
        i++;
      } else {
        return false;
      }
    }
    return true;
  }
}

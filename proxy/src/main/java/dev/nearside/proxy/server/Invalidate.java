package dev.nearside.proxy.server;

import dev.nearside.proxy.invalidation.Glob;
import dev.nearside.proxy.invalidation.Target;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.telemetry.InvalidationScope;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code NEARSIDE.INVALIDATE [LOCAL|FLEET] KEY key [key …] | PREFIX prefix | PATTERN glob |
 * TAG tag [tag …]} asks for. The words come first, so that no key can be taken for one.
 */
record Invalidate(InvalidationScope scope, Target target) {
  private static final String FORM =
      "ERR NEARSIDE.INVALIDATE takes [LOCAL|FLEET] and then KEY key [key ...], PREFIX prefix,"
          + " PATTERN glob or TAG tag [tag ...]";

  /**
   * Reads a request.
   *
   * @throws IllegalArgumentException whose message is the error to reply with
   */
  static Invalidate of(Request request) {
    boolean scoped = request.argIs(1, "LOCAL") || request.argIs(1, "FLEET");
    InvalidationScope scope =
        request.argIs(1, "FLEET") ? InvalidationScope.FLEET : InvalidationScope.LOCAL;
    return new Invalidate(scope, target(request, scoped ? 2 : 1));
  }

  private static Target target(Request request, int kind) {
    int given = request.argCount() - kind - 1;
    if (given >= 1 && request.argIs(kind, "KEY")) {
      return new Target.Keys(args(request, kind + 1));
    }
    if (given >= 1 && request.argIs(kind, "TAG")) {
      return new Target.Tags(args(request, kind + 1));
    }
    if (given == 1 && request.argIs(kind, "PREFIX")) {
      return new Target.Prefix(request.arg(kind + 1));
    }
    if (given == 1 && request.argIs(kind, "PATTERN")) {
      return new Target.Pattern(glob(request.arg(kind + 1)));
    }
    throw new IllegalArgumentException(FORM);
  }

  private static Glob glob(byte[] text) {
    try {
      return new Glob(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("ERR " + e.getMessage(), e);
    }
  }

  /** Returns copies of the arguments from {@code first} on. */
  static List<byte[]> args(Request request, int first) {
    List<byte[]> args = new ArrayList<>();
    for (int i = first; i < request.argCount(); i++) {
      args.add(request.arg(i));
    }
    return args;
  }
}

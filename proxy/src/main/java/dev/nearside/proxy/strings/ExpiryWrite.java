package dev.nearside.proxy.strings;

import dev.nearside.proxy.resp.Replies;
import java.util.List;

/** EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT, with their conditions, and PERSIST. */
final class ExpiryWrite implements StringWrite {
  private final Arguments args;
  private final boolean persists;
  private final boolean onlyNew;
  private final boolean onlyOther;
  private final boolean onlyLater;
  private final boolean onlyEarlier;
  private final long number;

  ExpiryWrite(Arguments args) throws RefusedWriteException {
    this.args = args;
    this.persists = args.command().equals("persist");
    boolean nx = false;
    boolean xx = false;
    boolean gt = false;
    boolean lt = false;
    for (int i = 3; i < args.count(); i++) {
      if (args.is(i, "NX")) {
        nx = true;
      } else if (args.is(i, "XX")) {
        xx = true;
      } else if (args.is(i, "GT")) {
        gt = true;
      } else if (args.is(i, "LT")) {
        lt = true;
      } else {
        throw new RefusedWriteException("ERR Unsupported option " + args.text(i));
      }
    }
    if (nx && (xx || gt || lt)) {
      throw new RefusedWriteException(
          "ERR NX and XX, GT or LT options at the same time are not compatible");
    }
    if (gt && lt) {
      throw new RefusedWriteException("ERR GT and LT options at the same time are not compatible");
    }
    this.onlyNew = nx;
    this.onlyOther = xx;
    this.onlyLater = gt;
    this.onlyEarlier = lt;
    this.number = persists ? 0 : args.number(2);
  }

  @Override
  public List<byte[]> keys() {
    return List.of(args.get(1));
  }

  @Override
  public boolean isBlind() {
    return false;
  }

  @Override
  public Change apply(List<KeyState> before, long nowMs) throws RefusedWriteException {
    KeyState old = before.getFirst();
    if (persists) {
      boolean ends = old.expiresAtMs() != KeyState.NEVER;
      return ends ? done(old.until(KeyState.NEVER)) : nothing(old);
    }
    ExpiryTime unit = ExpiryTime.ofCommand(args.command());
    long endMs = unit.toUnixMs(number, nowMs, false, args.command());
    if (!old.exists() || !changes(old, endMs)) {
      return nothing(old);
    }
    return done(endMs <= nowMs ? KeyState.absent() : old.until(endMs));
  }

  private boolean changes(KeyState old, long endMs) {
    long oldMs = old.expiresAtMs();
    boolean ends = oldMs != KeyState.NEVER;
    return !(onlyNew && ends)
        && !(onlyOther && !ends)
        && !(onlyLater && (!ends || endMs <= oldMs))
        && !(onlyEarlier && ends && endMs >= oldMs);
  }

  private static Change done(KeyState after) {
    return new Change(List.of(after), Replies.integer(1));
  }

  private static Change nothing(KeyState old) {
    return new Change(List.of(old), Replies.integer(0));
  }
}

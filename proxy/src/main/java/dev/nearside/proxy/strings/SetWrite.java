package dev.nearside.proxy.strings;

import dev.nearside.proxy.resp.Replies;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SET with all its options, SETEX, PSETEX, SETNX and GETSET. */
final class SetWrite implements StringWrite {
  /** On what the write depends. */
  private enum If {
    ALWAYS,
    ABSENT,
    PRESENT
  }

  private final Arguments args;
  private final byte[] value;
  private If condition = If.ALWAYS;
  private boolean keepsExpiry;
  private boolean repliesOld;
  private boolean repliesNumber;
  private @Nullable ExpiryTime expiry;
  private long expiryNumber;

  private SetWrite(Arguments args, byte[] value) {
    this.args = args;
    this.value = value;
  }

  static SetWrite set(Arguments args) throws RefusedWriteException {
    SetWrite write = new SetWrite(args, args.get(2));
    int time = 0;
    int i = 3;
    while (i < args.count()) {
      ExpiryTime unit = ExpiryTime.of(args, i);
      if (unit != null && write.takes(unit) && i + 1 < args.count()) {
        write.expiry = unit;
        time = ++i;
      } else {
        write.flag(i);
      }
      i++;
    }
    if (time > 0) {
      write.expiryNumber = args.number(time);
    }
    return write;
  }

  /** The same option may be given again, and then the last one counts. */
  private boolean takes(ExpiryTime unit) {
    return !keepsExpiry && (expiry == null || expiry == unit);
  }

  private void flag(int i) throws RefusedWriteException {
    if (args.is(i, "NX") && condition != If.PRESENT) {
      condition = If.ABSENT;
    } else if (args.is(i, "XX") && condition != If.ABSENT) {
      condition = If.PRESENT;
    } else if (args.is(i, "GET")) {
      repliesOld = true;
    } else if (args.is(i, "KEEPTTL") && expiry == null) {
      keepsExpiry = true;
    } else {
      throw RefusedWriteException.syntax();
    }
  }

  /** {@code SETEX key seconds value} and {@code PSETEX key milliseconds value}. */
  static SetWrite setex(Arguments args, ExpiryTime unit) throws RefusedWriteException {
    SetWrite write = new SetWrite(args, args.get(3));
    write.expiry = unit;
    write.expiryNumber = args.number(2);
    return write;
  }

  static SetWrite setnx(Arguments args) {
    SetWrite write = new SetWrite(args, args.get(2));
    write.condition = If.ABSENT;
    write.repliesNumber = true;
    return write;
  }

  static SetWrite getset(Arguments args) {
    SetWrite write = new SetWrite(args, args.get(2));
    write.repliesOld = true;
    return write;
  }

  @Override
  public List<byte[]> keys() {
    return List.of(args.get(1));
  }

  @Override
  public boolean isBlind() {
    return condition == If.ALWAYS && !keepsExpiry && !repliesOld;
  }

  @Override
  public boolean isTimeless() {
    return isBlind() && expiry == null;
  }

  @Override
  public Change apply(List<KeyState> before, long nowMs) throws RefusedWriteException {
    KeyState old = before.getFirst();
    long endMs = keepsExpiry ? old.expiresAtMs() : KeyState.NEVER;
    if (expiry != null) {
      endMs = expiry.toUnixMs(expiryNumber, nowMs, true, args.command());
    }
    boolean writes =
        switch (condition) {
          case ALWAYS -> true;
          case ABSENT -> !old.exists();
          case PRESENT -> old.exists();
        };
    List<KeyState> after = new ArrayList<>(1);
    after.add(writes ? new KeyState(value, endMs).at(nowMs) : old);
    return new Change(after, reply(old, writes));
  }

  private byte @Nullable [] reply(KeyState old, boolean writes) {
    if (repliesNumber) {
      return Replies.integer(writes ? 1 : 0);
    }
    if (repliesOld) {
      byte[] was = old.value();
      return was == null ? null : Replies.bulk(was);
    }
    return writes ? Replies.ok() : null;
  }
}

package dev.nearside.proxy.strings;

import dev.nearside.proxy.resp.Replies;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** GETEX: shows a string, and changes its end. */
final class GetExpiry implements StringWrite {
  private final Arguments args;
  private final @Nullable ExpiryTime expiry;
  private final boolean persists;

  GetExpiry(Arguments args) throws RefusedWriteException {
    this.args = args;
    ExpiryTime unit = args.count() == 4 ? ExpiryTime.of(args, 2) : null;
    persists = args.count() == 3 && args.is(2, "PERSIST");
    if (args.count() > 2 && unit == null && !persists) {
      throw RefusedWriteException.syntax();
    }
    expiry = unit;
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
    byte[] value = old.value();
    if (value == null) {
      return new Change(before, null);
    }
    KeyState after = old;
    if (expiry != null) {
      after = old.until(expiry.toUnixMs(args.number(3), nowMs, true, args.command())).at(nowMs);
    } else if (persists && old.expiresAtMs() != KeyState.NEVER) {
      after = old.until(KeyState.NEVER);
    }
    return new Change(List.of(after), Replies.bulk(value));
  }
}

package dev.nearside.proxy.strings;

import dev.nearside.proxy.resp.Replies;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** MSET, and MSETNX, which writes all or nothing. */
final class MultiSet implements StringWrite {
  private final Arguments args;
  private final boolean onlyIfAbsent;
  private final List<byte[]> keys;

  MultiSet(Arguments args, boolean onlyIfAbsent) throws RefusedWriteException {
    if (args.count() % 2 == 0) {
      throw RefusedWriteException.arity(args.command());
    }
    this.args = args;
    this.onlyIfAbsent = onlyIfAbsent;
    this.keys = args.every(2, 1);
  }

  @Override
  public List<byte[]> keys() {
    return keys;
  }

  @Override
  public boolean isSeparable() {
    return !onlyIfAbsent;
  }

  @Override
  public boolean isBlind() {
    return !onlyIfAbsent;
  }

  @Override
  public Change apply(List<KeyState> before, long nowMs) {
    if (onlyIfAbsent && before.stream().anyMatch(KeyState::exists)) {
      return new Change(before, Replies.integer(0));
    }
    List<KeyState> after = new ArrayList<>();
    for (byte[] key : keys) {
      after.add(KeyState.of(args.get(2 + 2 * lastOf(key))));
    }
    return new Change(after, onlyIfAbsent ? Replies.integer(1) : Replies.ok());
  }

  /** Of a key that is named twice the last value counts. */
  private int lastOf(byte[] key) {
    int last = keys.size() - 1;
    while (!Arrays.equals(keys.get(last), key)) {
      last--;
    }
    return last;
  }
}

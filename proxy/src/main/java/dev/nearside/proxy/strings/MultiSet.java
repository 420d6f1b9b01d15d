package dev.nearside.proxy.strings;

import dev.nearside.proxy.resp.Replies;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** MSET, and MSETNX, which writes all or nothing. */
final class MultiSet implements StringWrite {
  private final boolean onlyIfAbsent;
  private final List<byte[]> keys;
  private final List<byte[]> values;

  MultiSet(Arguments args, boolean onlyIfAbsent) throws RefusedWriteException {
    if (args.count() % 2 == 0) {
      throw RefusedWriteException.arity(args.command());
    }
    this(args.every(2, 1), args.every(2, 2), onlyIfAbsent);
  }

  private MultiSet(List<byte[]> keys, List<byte[]> values, boolean onlyIfAbsent) {
    this.keys = keys;
    this.values = values;
    this.onlyIfAbsent = onlyIfAbsent;
  }

  @Override
  public List<byte[]> keys() {
    return keys;
  }

  @Override
  public @Nullable StringWrite part(List<Integer> places) {
    return onlyIfAbsent
        ? null
        : new MultiSet(
            places.stream().map(keys::get).toList(),
            places.stream().map(values::get).toList(),
            false);
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
    Map<ByteBuffer, KeyState> last = new HashMap<>(); // of a key that is named twice
    for (int i = 0; i < keys.size(); i++) {
      last.put(ByteBuffer.wrap(keys.get(i)), KeyState.of(values.get(i)));
    }
    List<KeyState> after = new ArrayList<>();
    keys.forEach(key -> after.add(Objects.requireNonNull(last.get(ByteBuffer.wrap(key)))));
    return new Change(after, onlyIfAbsent ? Replies.integer(1) : Replies.ok());
  }
}

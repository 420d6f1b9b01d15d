package dev.nearside.proxy.write;

import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.strings.RefusedWriteException;
import dev.nearside.proxy.strings.StringWrite;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What one slot of several has of a write that {@link StringWrite#isSeparable}.
 *
 * @param whole the write
 * @param places which of its keys
 */
record PartOfWrite(StringWrite whole, List<Integer> places) implements StringWrite {
  @Override
  public List<byte[]> keys() {
    return places.stream().map(whole.keys()::get).toList();
  }

  @Override
  public boolean isBlind() {
    return whole.isBlind();
  }

  @Override
  public boolean isTimeless() {
    return whole.isTimeless();
  }

  @Override
  public Change apply(List<KeyState> before, long nowMs) throws RefusedWriteException {
    List<KeyState> all =
        new ArrayList<>(Collections.nCopies(whole.keys().size(), KeyState.absent()));
    for (int i = 0; i < places.size(); i++) {
      all.set(places.get(i), before.get(i));
    }
    Change change = whole.apply(all, nowMs);
    return new Change(places.stream().map(change.after()::get).toList(), change.reply());
  }
}

package dev.nearside.proxy.strings;

import dev.nearside.proxy.resp.Replies;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** DEL and UNLINK, which count, and GETDEL, which shows what was there. */
final class Deletion implements StringWrite {
  private final List<byte[]> keys;
  private final boolean shows;

  Deletion(Arguments args, boolean shows) {
    this(args.every(1, 1), shows);
  }

  private Deletion(List<byte[]> keys, boolean shows) {
    this.keys = keys;
    this.shows = shows;
  }

  @Override
  public List<byte[]> keys() {
    return keys;
  }

  @Override
  public @Nullable StringWrite part(List<Integer> places) {
    return shows ? null : new Deletion(places.stream().map(keys::get).toList(), false);
  }

  @Override
  public boolean isBlind() {
    return false;
  }

  @Override
  public Change apply(List<KeyState> before, long nowMs) {
    Set<KeyState> gone = Collections.newSetFromMap(new IdentityHashMap<>()); // a name given twice
    List<KeyState> after = new ArrayList<>();
    for (KeyState old : before) {
      if (old.exists()) {
        gone.add(old);
      }
      after.add(old.exists() ? KeyState.absent() : old);
    }
    return new Change(after, shows ? shown(before.getFirst()) : Replies.integer(gone.size()));
  }

  private static byte @Nullable [] shown(KeyState old) {
    byte[] was = old.value();
    return was == null ? null : Replies.bulk(was);
  }
}

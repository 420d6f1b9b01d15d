package dev.nearside.proxy.write;

import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.tier.redis.Outbox.Condition;
import dev.nearside.proxy.tier.redis.Outbox.Pending;
import dev.nearside.proxy.tier.redis.Outbox.Seen;
import java.util.ArrayList;
import java.util.List;

/** What keys hold, by what was seen of them at Redis and at the database. */
final class Seens {
  private Seens() {}

  /**
   * Returns what each holds.
   *
   * @param rows what the database says, which counts where nothing is pending
   */
  static List<KeyState> states(Seen seen, List<KeyState> rows) {
    List<KeyState> states = new ArrayList<>(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      Pending pending = seen.keys().get(i);
      states.add((pending == null ? rows.get(i) : pending.state()).at(seen.nowMs()));
    }
    return states;
  }

  /** Returns what must not have changed for that to be true still. */
  static Condition condition(Seen seen, int i) {
    Pending pending = seen.keys().get(i);
    return pending == null
        ? new Condition.Claimed(seen.claim())
        : new Condition.Still(pending.token());
  }
}

package dev.nearside.proxy.tier.redis;

import java.io.IOException;
import java.util.List;

/** Which slots of a partition a drain is to look into. Used by one thread, which it may block. */
interface Rota {
  /** Returns those whose turn it is, who comes first first. */
  List<Integer> due() throws IOException;

  /** Returns those that may have something; asked by who does not drain. */
  List<Integer> known() throws IOException;

  /**
   * Somebody has looked into {@code slot}.
   *
   * @param depth how many keys are pending there
   * @param dead how many are put aside there
   */
  void looked(int slot, long depth, long dead);

  /** It cannot be asked now. */
  void unasked(int slot);

  /** It was asked, and whoever has it did not answer in time. */
  void unanswered(int slot);

  /** What was found in {@code slot}, and in those before it, is drained. */
  void drained(int slot);

  /** Something is pending in {@code slot}; by any thread. */
  void wake(int slot);

  /** Who drains begins, and knows nothing of what was before. */
  void begin();
}

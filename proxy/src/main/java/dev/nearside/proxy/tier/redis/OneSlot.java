package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.HashSlot;
import java.util.List;

/** The rota in front of one server: it is always its turn. */
final class OneSlot implements Rota {
  private static final List<Integer> ALL = List.of(HashSlot.NONE);

  @Override
  public List<Integer> due() {
    return ALL;
  }

  @Override
  public List<Integer> known() {
    return ALL;
  }

  @Override
  public void looked(int slot, long depth, long dead) {}

  @Override
  public void unasked(int slot) {}

  @Override
  public void unanswered(int slot) {}

  @Override
  public void drained(int slot) {}

  @Override
  public void wake(int slot) {}

  @Override
  public void begin() {}
}

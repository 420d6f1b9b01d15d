package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.DelayingHop.Side;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** How far away Redis is for the sidecars; for direct clients it is always near. */
enum Weather {
  /** On the same loopback: most races never happen. */
  CALM(EnumSet.noneOf(Side.class)),
  /** Only what is tracked is late. */
  TRACKED_LATE(EnumSet.of(Side.TRACKED)),
  /** Only lanes and pinned connections are late. */
  OTHERS_LATE(EnumSet.of(Side.OTHERS)),
  /** Either, now the one, now the other. */
  BOTH_VARY(EnumSet.allOf(Side.class));

  private static final int LONGEST_MS = 200;

  @SuppressWarnings("ImmutableEnumChecker") // never changed
  private final Set<Side> late;

  Weather(Set<Side> late) {
    this.late = late;
  }

  boolean isCalm() {
    return late.isEmpty();
  }

  /** Delays each direction by 1 to 200 ms, short times as often as long ones, on all hops alike. */
  void change(List<DelayingHop> hops, SplittableRandom random) {
    for (Side side : late) {
      int bits = random.nextInt(8);
      int ms = 1 + random.nextInt(Math.min(LONGEST_MS, 2 << bits));
      hops.forEach(hop -> hop.delay(side, ms));
    }
  }

  /** Delays nothing any more. */
  static void clear(DelayingHop hop) {
    hop.delay(Side.TRACKED, 0);
    hop.delay(Side.OTHERS, 0);
  }
}

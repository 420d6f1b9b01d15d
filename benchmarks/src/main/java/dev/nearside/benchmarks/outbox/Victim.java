package dev.nearside.benchmarks.outbox;

import java.util.EnumSet;
import java.util.Random;
import java.util.Set;

/** What is killed; what needs the others at its start comes last. */
enum Victim {
  REDIS("Redis"),
  POSTGRES("PostgreSQL"),
  FIRST_SIDECAR("a sidecar"),
  SECOND_SIDECAR("a sidecar");

  private static final int TWICE_IN = 6;

  private final String label;

  Victim(String label) {
    this.label = label;
  }

  /** Returns one of them, or sometimes two: Redis, PostgreSQL and some sidecar equally often. */
  static Set<Victim> choose(Random random) {
    Set<Victim> chosen = EnumSet.noneOf(Victim.class);
    int wanted = random.nextInt(TWICE_IN) == 0 ? 2 : 1;
    while (chosen.size() < wanted) {
      chosen.add(
          switch (random.nextInt(3)) {
            case 0 -> REDIS;
            case 1 -> POSTGRES;
            default -> random.nextBoolean() ? FIRST_SIDECAR : SECOND_SIDECAR;
          });
    }
    return chosen;
  }

  /** Returns what it is called in a report. */
  String label() {
    return label;
  }
}

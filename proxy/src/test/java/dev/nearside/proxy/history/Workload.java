package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.RedisProgram;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Makes up what one client asks in one round. */
final class Workload {
  private static final int[] TTLS_MS = {5, 40, 120, 300, 900};

  /** Together they are understood from Redis 7.0 on. */
  private static final int NX_GET =
      RedisProgram.preferred().isAtLeast(7) ? Step.NX | Step.GET : Step.NX;

  private static final Verb[] READS = {Verb.STRLEN, Verb.EXISTS};

  /** What a round is like, besides chance. */
  record Mood(double readShare, double ttlShare, boolean flushes, boolean swaps) {}

  private final SplittableRandom random;
  private final Mood mood;
  private final Round round;

  Workload(SplittableRandom random, Mood mood, Round round) {
    this.random = random;
    this.mood = mood;
    this.round = round;
  }

  boolean chance(double share) {
    return random.nextDouble() < share;
  }

  int number(int bound) {
    return random.nextInt(bound);
  }

  /**
   * Returns one request about keys in one of the two databases.
   *
   * @param maySwap whether it may exchange them
   * @param mayPin whether it may be one that makes a sidecar give its client a connection
   */
  Request next(int database, boolean maySwap, boolean mayPin) {
    if (chance(mood.readShare())) {
      return Request.plain(read(database));
    }
    double kind = random.nextDouble();
    if (kind < 0.08) {
      return several(mayPin ? Request.Form.EXEC : Request.Form.SCRIPT, database, true);
    }
    if (kind < 0.16) {
      return several(Request.Form.SCRIPT, database, round.group().tagged() || chance(0.5));
    }
    if (kind < 0.22) {
      Step told = Step.text(Verb.TELL, slot(database), round.newTelling());
      return new Request(
          chance(0.5) ? Request.Form.PUBLISH : Request.Form.PUSH, new Step[] {told}, true);
    }
    if (mood.flushes() && kind < 0.25) {
      return Request.plain(new Step(Verb.FLUSHDB, new int[0], "", database, 0));
    }
    if (mood.swaps() && maySwap && kind < 0.28) {
      return Request.plain(new Step(Verb.SWAPDB, new int[0], "", 0, 0));
    }
    return Request.plain(change(database));
  }

  private int slot(int database) {
    return database * Group.KEYS + random.nextInt(Group.KEYS);
  }

  private int otherSlot(int slot) {
    int database = slot / Group.KEYS;
    int key = (slot % Group.KEYS + 1 + random.nextInt(Group.KEYS - 1)) % Group.KEYS;
    return database * Group.KEYS + key;
  }

  /** Returns a read that L1 may answer, or now and then another. */
  Step read(int database) {
    return chance(0.05)
        ? Step.of(READS[random.nextInt(READS.length)], slot(database))
        : readLocally(database);
  }

  /** Returns a read that L1 may answer. */
  Step readLocally(int database) {
    return chance(0.8) ? Step.of(Verb.GET, slot(database)) : Step.of(Verb.MGET, some(database));
  }

  private int[] some(int database) {
    int first = slot(database);
    int second = otherSlot(first);
    return chance(0.7) ? new int[] {first, second} : new int[] {first, second, otherSlot(second)};
  }

  private Request several(Request.Form form, int database, boolean declared) {
    Step[] steps = new Step[1 + random.nextInt(3)];
    int used = 0;
    for (int i = 0; i < steps.length; i++) {
      Step step = chance(0.35) ? read(database) : changeOfSeveral(database);
      if (form == Request.Form.EXEC && (step.shown() & used) != 0) {
        // The clock goes on within EXEC: a key asked twice could end in between.
        return new Request(form, Arrays.copyOf(steps, i), declared);
      }
      used |= step.shown();
      steps[i] = step;
    }
    return new Request(form, steps, declared);
  }

  /** Returns one that ends no key at a moment: nobody knows on which side of it the others are. */
  private Step changeOfSeveral(int database) {
    Step step;
    do {
      step = change(database);
    } while (step.has(Step.PXAT | Step.EXAT));
    return step;
  }

  /** Returns a command that may change one key or two. */
  Step change(int database) {
    int slot = slot(database);
    int inOther = (slot + Group.KEYS) % Group.SLOTS;
    boolean isAlone = round.group().tagged(); // nothing is about two slots of a cluster at once
    return switch (random.nextInt(26)) {
      case 0, 1, 2, 3, 4, 5 -> set(slot);
      case 6, 7, 8 -> Step.of(Verb.INCR, slot);
      case 9 -> Step.text(Verb.APPEND, slot, "p" + random.nextInt(10));
      case 10 -> new Step(Verb.SETRANGE, new int[] {slot}, "r" + random.nextInt(10), 1, 0);
      case 11 -> Step.of(Verb.GETDEL, slot);
      case 12 -> getEx(slot);
      case 13 -> Step.of(Verb.DEL, slot, otherSlot(slot));
      case 14 -> Step.of(Verb.DEL, slot);
      case 15 -> Step.of(Verb.UNLINK, slot);
      case 16, 17 -> Step.of(Verb.RENAME, slot, otherSlot(slot));
      case 18 -> Step.of(Verb.RENAMENX, slot, otherSlot(slot));
      case 19 -> copy(slot, isAlone || chance(0.5) ? otherSlot(slot) : inOther);
      case 20 -> isAlone ? set(slot) : Step.of(Verb.MOVE, slot, inOther);
      case 21 -> chance(mood.ttlShare()) ? Step.number(Verb.PEXPIRE, slot, ttlMs()) : set(slot);
      case 22 -> Step.number(Verb.EXPIRE, slot, random.nextInt(3));
      case 23 -> Step.of(Verb.PERSIST, slot);
      case 24 -> Step.text(Verb.GETSET, slot, round.newValue());
      default -> chance(0.3) ? Step.of(Verb.BROKEN, slot) : set(slot);
    };
  }

  private Step copy(int slot, int target) {
    int options = chance(0.6) ? Step.REPLACE : 0;
    return new Step(Verb.COPY, new int[] {slot, target}, "", 0, options);
  }

  private Step set(int slot) {
    int options =
        switch (random.nextInt(8)) {
          case 0 -> Step.NX;
          case 1 -> Step.XX;
          case 2 -> Step.GET;
          case 3 -> Step.XX | Step.GET;
          case 4 -> NX_GET;
          default -> 0;
        };
    if (chance(0.1)) {
      options |= Step.KEEPTTL;
    } else if (chance(mood.ttlShare())) {
      return chance(0.3)
          ? Step.set(slot, round.newValue(), WallClock.inMillis(ttlMs()), options | Step.PXAT)
          : Step.set(slot, round.newValue(), ttlMs(), options | Step.PX);
    } else if (chance(0.05)) {
      return chance(0.3)
          ? Step.set(slot, round.newValue(), nextSecond(), options | Step.EXAT)
          : Step.set(slot, round.newValue(), 1, options | Step.EX);
    }
    return Step.set(slot, round.newValue(), 0, options);
  }

  private static long nextSecond() {
    return WallClock.inMillis(0) / 1000 + 1;
  }

  private Step getEx(int slot) {
    return switch (random.nextInt(4)) {
      case 0 -> Step.of(Verb.GETEX, slot);
      case 1 -> new Step(Verb.GETEX, new int[] {slot}, "", 0, Step.PERSIST);
      case 2 -> new Step(Verb.GETEX, new int[] {slot}, "", WallClock.inMillis(ttlMs()), Step.PXAT);
      default -> new Step(Verb.GETEX, new int[] {slot}, "", ttlMs(), Step.PX);
    };
  }

  private long ttlMs() {
    return TTLS_MS[random.nextInt(TTLS_MS.length)];
  }
}

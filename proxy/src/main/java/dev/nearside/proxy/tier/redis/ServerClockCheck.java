package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.telemetry.Breach;
import dev.nearside.proxy.telemetry.GenerationEnd;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The upstream's clock goes as ours does: by it the upstream decides when keys expire, and L1 by
 * what it once said of that. After a step L1 is emptied, and the generation goes on.
 *
 * <p>Between two answers the upstream's clock must have moved by no less than the time from the
 * first answer to the second question, and no more than from the first question to the second
 * answer: a slow answer, or a pause here, makes these bounds wider and is never taken for a step.
 */
final class ServerClockCheck implements LinkCheck {
  static final String LABEL = "server-clock";

  private static final long BOUND_NS = TimeUnit.MILLISECONDS.toNanos(50);

  /** What the upstream's clock said, at some moment between these two of ours. */
  private record Reading(long serverNs, long sentAtNs, long answeredAtNs) {}

  private final Runnable emptyL1;
  private final Consumer<Breach> breaches;
  private final LongSupplier monotonicNs;
  private @Nullable Reading last;

  /**
   * Creates the check of one link.
   *
   * @param emptyL1 drops what L1 holds, fills under way included
   * @param breaches told of each step
   */
  ServerClockCheck(Runnable emptyL1, Consumer<Breach> breaches, LongSupplier monotonicNs) {
    this.emptyL1 = emptyL1;
    this.breaches = breaches;
    this.monotonicNs = monotonicNs;
  }

  @Override
  public String label() {
    return LABEL;
  }

  /** Never: a step does not end the generation. */
  @Override
  public GenerationEnd end() {
    return GenerationEnd.CLOCK;
  }

  @Override
  public long intervalNs() {
    return TimeUnit.SECONDS.toNanos(1);
  }

  @Override
  public List<String> question() {
    return List.of("TIME");
  }

  @Override
  public @Nullable String answered(Told told) {
    if (told.values().size() < 2) {
      return null;
    }
    Reading before = last;
    Reading now =
        new Reading(
            TimeUnit.SECONDS.toNanos(Long.parseLong(told.word(0)))
                + TimeUnit.MICROSECONDS.toNanos(Long.parseLong(told.word(1))),
            told.sentAtNs(),
            monotonicNs.getAsLong());
    last = now;
    if (before != null && stepped(before, now)) {
      emptyL1.run();
      breaches.accept(Breach.SERVER_CLOCK);
    }
    return null;
  }

  private static boolean stepped(Reading before, Reading now) {
    long movedNs = now.serverNs - before.serverNs;
    return movedNs < now.sentAtNs - before.answeredAtNs - BOUND_NS
        || movedNs > now.answeredAtNs - before.sentAtNs + BOUND_NS;
  }
}

package dev.nearside.proxy.tier;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Marks in the log when a namespace begins to be answered stale, and when that has ended: two lines
 * for each spell, however many answers. A spell ends when there was no such answer for a while, so
 * that a Redis that comes and goes does not fill the log. Thread-safe, lock-free.
 */
final class StaleSpells {
  static final Duration QUIET = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(StaleSpells.class);

  private static final class Spell {
    /** 0 while there is no spell. */
    final AtomicLong answers = new AtomicLong();

    volatile long beganNs;
    volatile long lastNs;
  }

  private final Map<Namespace, Spell> spells = new HashMap<>();

  StaleSpells(Namespaces namespaces) {
    namespaces.all().forEach(namespace -> spells.put(namespace, new Spell()));
  }

  /** A client of {@code namespace} is answered stale. */
  void served(Namespace namespace, long nowNs) {
    Spell spell = spells.get(namespace);
    if (spell == null) {
      return;
    }
    spell.lastNs = nowNs;
    if (spell.answers.getAndIncrement() == 0) {
      spell.beganNs = nowNs;
      log.warn(
          "namespace {} is answered with what memory held before, as its stale-if-error allows:"
              + " Redis cannot be asked",
          namespace.name());
    }
  }

  /** Ends the spells that are over; to be called again and again, by one thread. */
  void endQuiet(long nowNs) {
    spells.forEach((namespace, spell) -> {
      long answers = spell.answers.get();
      boolean quiet = nowNs - spell.lastNs >= QUIET.toNanos();
      if (answers > 0 && quiet && spell.answers.compareAndSet(answers, 0)) {
        log.info(
            "namespace {} is no longer answered stale: it was {} times, within {} ms",
            namespace.name(),
            answers,
            TimeUnit.NANOSECONDS.toMillis(spell.lastNs - spell.beganNs));
      }
    });
  }
}

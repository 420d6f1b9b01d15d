package dev.nearside.benchmarks.outbox;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How often readers were told what. Thread-safe. */
final class Reads {
  /** What is read. */
  enum Of {
    /** Keys that the load writes. */
    WRITTEN,
    /** Rows that nobody writes, each read for the first time: only the database has them. */
    ROWS
  }

  private final Map<Of, LongAdder> answered = counters();
  private final Map<Of, LongAdder> failed = counters();
  private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

  private static Map<Of, LongAdder> counters() {
    Map<Of, LongAdder> counters = new EnumMap<>(Of.class);
    for (Of each : Of.values()) {
      counters.put(each, new LongAdder());
    }
    return counters;
  }

  void count(Of of, Answer answer) {
    if (answer.kind() == Answer.Kind.ACKNOWLEDGED) {
      at(answered, of).increment();
    } else {
      at(failed, of).increment();
      errors.computeIfAbsent(answer.said(), said -> new LongAdder()).increment();
    }
  }

  private static LongAdder at(Map<Of, LongAdder> counters, Of of) {
    return counters.getOrDefault(of, new LongAdder());
  }

  /** Returns how many had a value, or that there is none. */
  long answered(Of of) {
    return at(answered, of).sum();
  }

  /** Returns how many had an error. */
  long failed(Of of) {
    return at(failed, of).sum();
  }

  /** Returns which errors, and how often. */
  Map<String, LongAdder> errors() {
    return errors;
  }
}

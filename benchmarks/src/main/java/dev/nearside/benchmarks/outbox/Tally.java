package dev.nearside.benchmarks.outbox;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How often clients were told what. Thread-safe. */
final class Tally {
  /** What clients send. */
  enum Command {
    /** A number, to a key that is never deleted. */
    SET("SET"),
    /** A number, or none, to a key that is now and then. */
    REPLACE("DEL, SET"),
    /** A number each to two keys, in a cluster of different slots. */
    MSET("MSET of two"),
    /** One more. */
    INCR("INCR, by all clients");

    private final String label;

    Command(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  private final Map<Told, LongAdder> answers = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

  private record Told(Command command, Answer.Kind kind) {}

  void count(Command command, Answer answer) {
    Told told = new Told(command, answer.kind());
    answers.computeIfAbsent(told, key -> new LongAdder()).increment();
    if (answer.kind() != Answer.Kind.ACKNOWLEDGED) {
      errors.computeIfAbsent(answer.said(), said -> new LongAdder()).increment();
    }
  }

  long of(Command command, Answer.Kind kind) {
    return answers.getOrDefault(new Told(command, kind), new LongAdder()).sum();
  }

  /** Returns how often it was told, whatever was sent. */
  long of(Answer.Kind kind) {
    return Arrays.stream(Command.values()).mapToLong(command -> of(command, kind)).sum();
  }

  /** Returns what was said where nothing was acknowledged, and how often. */
  Map<String, LongAdder> errors() {
    return errors;
  }
}

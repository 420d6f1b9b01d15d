package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.outbox.Reads.Of;

/**
 * What clients were told up to some moment, or between two.
 *
 * @param seconds when that was, or how long it took
 * @param rows reads of rows that nobody writes
 */
record Counts(
    double seconds, long acknowledged, long refused, long unknown, Told written, Told rows) {
  /** What readers were told. */
  record Told(long answered, long failed) {
    static Told of(Reads reads, Of of) {
      return new Told(reads.answered(of), reads.failed(of));
    }

    Told since(Told before) {
      return new Told(answered - before.answered, failed - before.failed);
    }
  }

  /** Returns what was told by now. */
  static Counts now(Tally tally, Reads reads) {
    return new Counts(
        System.nanoTime() / 1e9,
        tally.of(Answer.Kind.ACKNOWLEDGED),
        tally.of(Answer.Kind.REFUSED),
        tally.of(Answer.Kind.UNKNOWN),
        Told.of(reads, Of.WRITTEN),
        Told.of(reads, Of.ROWS));
  }

  /** Returns what was told since {@code before}. */
  Counts since(Counts before) {
    return new Counts(
        seconds - before.seconds,
        acknowledged - before.acknowledged,
        refused - before.refused,
        unknown - before.unknown,
        written.since(before.written),
        rows.since(before.rows));
  }
}

package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.coherence.Poll;
import dev.nearside.benchmarks.outbox.Reads.Of;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;

/**
 * Reads through both sidecars in turn, at some pace, on a thread of its own: a key that is written,
 * then a row that nobody has read before.
 */
final class Reader implements AutoCloseable {
  /** More than it reads in five minutes. */
  static final int ROWS = 100_000;

  private static final Duration PACE = Duration.ofMillis(2);

  private final List<Line> lines;
  private final List<WrittenKey> keys;
  private final Random random;
  private final Reads reads = new Reads();
  private final LongAdder wrong = new LongAdder();
  private final Thread thread = Thread.ofPlatform().daemon().name("reader").unstarted(this::run);
  private volatile boolean stopped;
  private long row;

  private Reader(List<Line> lines, List<WrittenKey> keys, long seed) {
    this.lines = lines;
    this.keys = keys;
    this.random = new Random(seed);
  }

  /** Starts one of a site that was filled with {@link #ROWS} rows. */
  static Reader start(Site site, List<WrittenKey> keys, long seed) {
    Reader reader = new Reader(Line.toEach(site), keys, seed);
    reader.thread.start();
    return reader;
  }

  private void run() {
    try {
      while (!stopped && row < ROWS) {
        Line line = lines.get(random.nextInt(lines.size()));
        if (line.isOpen()) {
          reads.count(Of.WRITTEN, line.ask("GET", keys.get(random.nextInt(keys.size())).name()));
        }
        if (line.isOpen()) {
          readRow(line);
        }
        Poll.pause(PACE);
      }
      for (Line line : lines) {
        line.close();
      }
    } catch (IOException e) {
      wrong.increment(); // sidecars stay: no connection to them may be lost
    }
  }

  private void readRow(Line line) throws IOException {
    row++;
    Answer answer = line.ask("GET", Site.UNWRITTEN_KEY + row);
    reads.count(Of.ROWS, answer);
    boolean isAnswered = answer.kind() == Answer.Kind.ACKNOWLEDGED;
    if (isAnswered && !answer.said().equals(Long.toString(row))) {
      wrong.increment();
    }
  }

  Reads reads() {
    return reads;
  }

  /** Returns how many rows it was told something else of than they hold. */
  long wrong() {
    return wrong.sum();
  }

  /** Ends it, and returns when it has ended. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

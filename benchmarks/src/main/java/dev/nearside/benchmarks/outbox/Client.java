package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.coherence.Poll;
import dev.nearside.benchmarks.outbox.Tally.Command;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** Writes its own keys and those of all, one command at a time, each through either sidecar. */
final class Client implements Runnable {
  private static final Duration BEFORE_NEXT_TRY = Duration.ofMillis(2);

  private final Load load;
  private final List<NumberedKey> own;
  private final Random random;
  private final List<Line> lines;

  Client(Load load, List<NumberedKey> own, List<Line> lines, long seed) {
    this.load = load;
    this.own = own;
    this.lines = lines;
    this.random = new Random(seed);
  }

  @Override
  public void run() {
    try {
      while (load.enter()) {
        boolean sent;
        try {
          sent = step(random.nextInt(lines.size()));
        } finally {
          load.leave();
        }
        if (!sent) {
          Poll.pause(BEFORE_NEXT_TRY);
        }
      }
      for (Line line : lines) {
        line.close();
      }
    } catch (IOException | RuntimeException e) {
      load.failed(e);
    }
  }

  /** Sends a command; returns whether there was somebody to send it to. */
  private boolean step(int sidecar) throws IOException {
    Line line = lines.get(sidecar);
    if (!line.isOpen()) {
      return false;
    }
    long sentNs = System.nanoTime();
    Answer answer = random.nextInt(5) == 0 ? count(line) : number(line);
    if (answer.kind() == Answer.Kind.ACKNOWLEDGED) {
      load.flow().acknowledged(sidecar, sentNs);
    }
    return true;
  }

  private Answer count(Line line) throws IOException {
    CountedKey key = load.counted().get(random.nextInt(load.counted().size()));
    Answer answer = line.ask("INCR", key.name());
    key.answered(answer);
    load.tally().count(Command.INCR, answer);
    return answer;
  }

  private Answer number(Line line) throws IOException {
    NumberedKey key = own.get(random.nextInt(own.size()));
    if (key.isDeleted() && random.nextBoolean()) {
      Answer answer = line.ask("DEL", key.name());
      key.answered(null, answer);
      load.tally().count(Command.REPLACE, answer);
      return answer;
    }
    long number = key.next();
    Answer answer = line.ask("SET", key.name(), Long.toString(number));
    key.answered(number, answer);
    load.tally().count(key.isDeleted() ? Command.REPLACE : Command.SET, answer);
    return answer;
  }
}

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

  private final Upstream upstream;
  private final Load load;
  private final List<NumberedKey> own;
  private final Random random;
  private final List<Line> lines;

  Client(Site site, Load load, List<NumberedKey> own, long seed) {
    this.upstream = site.upstream();
    this.load = load;
    this.own = own;
    this.lines = Line.toEach(site);
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
    Told told =
        switch (random.nextInt(10)) {
          case 0, 1 -> count(line);
          case 2 -> numberTwo(line);
          default -> number(line);
        };
    load.tally().count(told.command, told.answer);
    if (told.answer.kind() == Answer.Kind.ACKNOWLEDGED) {
      for (WrittenKey key : told.keys) {
        load.flow().acknowledged(sidecar, upstream.primaryOf(key.name()), sentNs);
      }
    }
    return true;
  }

  /** What was said to a command that writes these keys. */
  private record Told(Command command, Answer answer, List<? extends WrittenKey> keys) {}

  private Told count(Line line) throws IOException {
    CountedKey key = load.counted().get(random.nextInt(load.counted().size()));
    Answer answer = line.ask("INCR", key.name());
    key.answered(answer);
    return new Told(Command.INCR, answer, List.of(key));
  }

  private Told number(Line line) throws IOException {
    NumberedKey key = any();
    if (key.isDeleted() && random.nextBoolean()) {
      Answer answer = line.ask("DEL", key.name());
      key.answered(null, answer);
      return new Told(Command.REPLACE, answer, List.of(key));
    }
    long number = key.next();
    Answer answer = line.ask("SET", key.name(), Long.toString(number));
    key.answered(number, answer);
    Command command = key.isDeleted() ? Command.REPLACE : Command.SET;
    return new Told(command, answer, List.of(key));
  }

  private Told numberTwo(Line line) throws IOException {
    NumberedKey key = any();
    NumberedKey other = any();
    while (other == key) {
      other = any();
    }
    long number = key.next();
    long another = other.next();
    Answer answer =
        line.ask("MSET", key.name(), Long.toString(number), other.name(), Long.toString(another));
    key.answered(number, answer);
    other.answered(another, answer);
    return new Told(Command.MSET, answer, List.of(key, other));
  }

  private NumberedKey any() {
    return own.get(random.nextInt(own.size()));
  }
}

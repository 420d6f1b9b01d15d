package dev.nearside.benchmarks.outbox;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A key that several clients count up, by one each time. */
final class CountedKey implements WrittenKey {
  private final long id;
  private final AppliedNumbers applied = new AppliedNumbers();
  private final AtomicLong unknown = new AtomicLong(); // this and the next since the last check
  private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
  private final Set<Long> repeated = ConcurrentHashMap.newKeySet();
  private long held; // then

  CountedKey(long id) {
    this.id = id;
  }

  @Override
  public long id() {
    return id;
  }

  /** It was counted up. */
  void answered(Answer answer) {
    switch (answer.kind()) {
      case ACKNOWLEDGED -> {
        long count = Long.parseLong(answer.said());
        if (!acknowledged.add(count) || count <= held) {
          repeated.add(count);
        }
      }
      case REFUSED -> {}
      case UNKNOWN -> unknown.incrementAndGet();
    }
  }

  @Override
  public void applied(long number, Violations violations) {
    String wrong = applied.take(number);
    if (wrong != null) {
      violations.add(this, wrong, history());
    }
  }

  @Override
  public void check(@Nullable Long row, Violations violations) {
    long count = row == null ? 0 : row;
    long least = held + acknowledged.size();
    if (count < least || count > least + unknown.get()) {
      violations.add(this, "the row has " + row, history());
    }
    if (!repeated.isEmpty()) {
      violations.add(this, "counts told twice: " + repeated, history());
    }
    held = count;
    acknowledged.clear();
    repeated.clear();
    unknown.set(0);
  }

  private String history() {
    return "held %d; since then %d acknowledged, %d unknown; %s"
        .formatted(held, acknowledged.size(), unknown.get(), applied);
  }
}

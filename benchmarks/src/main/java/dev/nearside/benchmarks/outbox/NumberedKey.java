package dev.nearside.benchmarks.outbox;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A key whose one writer gives it rising numbers, and may delete it in between. */
final class NumberedKey implements WrittenKey {
  private static final int SHOWN = 20;

  private final long id;
  private final boolean isDeleted;
  private final AppliedNumbers applied = new AppliedNumbers();
  private final Set<Long> refused = new HashSet<>();
  private final List<Write> writes = new ArrayList<>(); // since the last check
  private @Nullable Long held; // then
  private long sent;

  /** What was to become of it, null for no value, and what was said to that. */
  private record Write(@Nullable Long number, Answer answer) {}

  /**
   * Creates one that holds nothing.
   *
   * @param isDeleted whether it is deleted now and then
   */
  NumberedKey(long id, boolean isDeleted) {
    this.id = id;
    this.isDeleted = isDeleted;
  }

  @Override
  public long id() {
    return id;
  }

  boolean isDeleted() {
    return isDeleted;
  }

  /** Returns the number that it is to be set to next. */
  long next() {
    return ++sent;
  }

  /** What {@link #next} gave was set, or where it is null the key deleted. */
  void answered(@Nullable Long number, Answer answer) {
    writes.add(new Write(number, answer));
    if (number != null && answer.kind() == Answer.Kind.REFUSED) {
      refused.add(number);
    }
  }

  @Override
  public void applied(long number, Violations violations) {
    String wrong = applied.take(number);
    if (wrong == null && number > sent) {
      wrong = number + " applied, and never sent";
    }
    if (wrong == null && refused.contains(number)) {
      wrong = number + " applied, and refused";
    }
    if (wrong != null) {
      violations.add(this, wrong, history());
    }
  }

  @Override
  public void check(@Nullable Long row, Violations violations) {
    boolean right = Objects.equals(held, row);
    for (Write write : writes) {
      right =
          switch (write.answer.kind()) {
            case ACKNOWLEDGED -> Objects.equals(write.number, row);
            case REFUSED -> right;
            case UNKNOWN -> right || Objects.equals(write.number, row);
          };
    }
    if (!right) {
      violations.add(this, "the row has " + row, history());
    }
    held = row;
    writes.clear();
    refused.clear();
  }

  private String history() {
    StringBuilder text = new StringBuilder("held " + held + "; ");
    for (Write write : writes.subList(Math.max(0, writes.size() - SHOWN), writes.size())) {
      text.append(write.number == null ? "DEL" : "SET " + write.number);
      text.append(": ").append(write.answer.kind()).append(", ");
    }
    return text.append(applied).toString();
  }
}

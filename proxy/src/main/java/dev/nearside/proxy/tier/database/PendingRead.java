package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.tier.Answer;
import dev.nearside.proxy.tier.Ticks;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One key waiting for its row.
 *
 * @param parts the key's parts, in order; equal for equal keys
 * @param answer completed once, by whoever is first: the statement, the deadline or the stop
 * @param deadlineNanos when the answer is due, by {@link System#nanoTime}
 */
record PendingRead(List<Object> parts, CompletableFuture<Answer> answer, long deadlineNanos)
    implements Ticks.Ticked {
  @Override
  public boolean tick(long nowNs) {
    if (isOpen() && nowNs - deadlineNanos >= 0) {
      unavailable(Answer.Reason.TIMEOUT);
    }
    return isOpen();
  }

  boolean isOpen() {
    return !answer.isDone();
  }

  void unavailable(Answer.Reason reason) {
    unavailable(new Answer.Unavailable(reason));
  }

  void unavailable(Answer.Unavailable why) {
    answer.complete(why);
  }
}

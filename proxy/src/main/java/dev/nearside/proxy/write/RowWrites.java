package dev.nearside.proxy.write;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.strings.StringWrite;
import dev.nearside.proxy.tier.redis.DeadLetters;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * How keys that have rows in the database are written.
 *
 * @param through writes those whose rows change first, or null where there are none
 * @param behind writes those whose rows change later, or null where there are none
 * @param outboxes the latter, which a flush must not lose
 * @param deadLetters what the database never takes of their writes
 */
public record RowWrites(
    @Nullable WriteThrough through,
    @Nullable WriteBehind behind,
    List<Namespace> outboxes,
    DeadLetters deadLetters) {
  /** Flushes by {@code words}, unless an outbox has something. */
  public CompletableFuture<WriteOutcome> flush(List<byte[]> words) {
    return Objects.requireNonNull(behind).flush(words, outboxes);
  }

  /**
   * Returns whether such commands, each of another key, are made in the order in which {@link
   * #write} is given them, although it is not awaited in between.
   *
   * @param namespaces that of each key
   */
  public static boolean keepOrder(StringWrite command, List<Namespace> namespaces) {
    return namespaces.size() == 1 && namespaces.getFirst().writesBehind() && command.isTimeless();
  }

  /**
   * Writes.
   *
   * @param namespaces that of each key of {@code command}, in its order; all are written in the
   *     same way
   * @return completed on any thread; exceptionally only by a mistake of ours
   */
  public CompletableFuture<WriteOutcome> write(StringWrite command, List<Namespace> namespaces) {
    return namespaces.getFirst().writesBehind()
        ? Objects.requireNonNull(behind).write(command, namespaces)
        : Objects.requireNonNull(through).write(command, namespaces);
  }
}

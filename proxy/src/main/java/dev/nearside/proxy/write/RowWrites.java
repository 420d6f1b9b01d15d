package dev.nearside.proxy.write;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.strings.StringWrite;
import dev.nearside.proxy.tier.redis.DeadLetters;
import dev.nearside.proxy.tier.redis.KnownOutboxes;
import dev.nearside.proxy.tier.redis.RowErrands;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
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
 * @param known everybody's outboxes
 * @param room where large requests are gathered
 */
public record RowWrites(
    @Nullable WriteThrough through,
    @Nullable WriteBehind behind,
    List<Namespace> outboxes,
    DeadLetters deadLetters,
    KnownOutboxes known,
    GatheringRoom room) {
  /** Returns that of a sidecar that makes none, and still is not to flush what others have. */
  public static RowWrites none(RowErrands redis, KnownOutboxes known) {
    return new RowWrites(
        null, null, List.of(), redis.deadLetters(), known, new GatheringRoom(Duration.ZERO));
  }

  /** Returns whether there are any. */
  public boolean areAny() {
    return through != null || behind != null;
  }

  /**
   * Executes {@code words}, a flush or a swap, unless an outbox that it would take away has
   * something, whoever writes there.
   *
   * @param selected the database it is said in
   */
  public CompletableFuture<WriteOutcome> flush(List<byte[]> words, int selected) {
    List<byte[]> affected =
        switch (new String(words.getFirst(), US_ASCII).toUpperCase(Locale.ROOT)) {
          case "FLUSHDB" -> List.of(Integer.toString(selected).getBytes(US_ASCII));
          case "SWAPDB" -> words.subList(1, words.size());
          default -> List.of();
        };
    return known
        .flush(words, selected, affected)
        .handle((full, failure) -> {
          if (failure != null) {
            return WriteBehind.failed("flushed", failure);
          }
          return full == null
              ? new WriteOutcome.Made(Replies.ok())
              : new WriteOutcome.Refused(
                  "ERR nothing was flushed: the outbox of namespace "
                      + full
                      + " has writes that the database has not taken");
        });
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

package dev.nearside.proxy.tier.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Where sidecars say which outboxes are theirs. Thread-safe, never blocks. */
interface OutboxRegistry {
  /** For how long nobody has to name an empty one until it is forgotten. */
  Duration FORGOTTEN = Duration.ofDays(1);

  /**
   * One of the outboxes, as it was seen last.
   *
   * @param database Redis's database that it is in
   * @param depth keys that the database has not taken
   * @param dead writes that it never takes
   * @param silentMs for how long no sidecar has said that it is its own
   */
  record Known(long database, String name, long depth, long dead, long silentMs) {
    private static final Duration QUIET = Duration.ofSeconds(30);

    /** Returns whether none of so long has sidecars that drain it. */
    static boolean isQuiet(long silentMs) {
      return silentMs >= QUIET.toMillis();
    }

    boolean isUsed() {
      return depth > 0 || !isQuiet(silentMs);
    }

    /** Whether a flush could lose something. */
    boolean hasSomething() {
      return isUsed() || dead > 0;
    }

    boolean isUnattended() {
      return depth + dead > 0 && isQuiet(silentMs);
    }
  }

  /** Returns Redis's database that those here are in. */
  int database();

  /** Says that {@code own} are somebody's, and returns all that there are. */
  CompletableFuture<List<Known>> look(List<String> own);

  /**
   * Executes a flush or a swap, as {@link KnownOutboxes#flush} says.
   *
   * @param own of which it is known that they are here, whatever the registry has
   */
  CompletableFuture<@Nullable String> flush(
      List<byte[]> words, int selected, List<byte[]> affected, List<String> own);
}

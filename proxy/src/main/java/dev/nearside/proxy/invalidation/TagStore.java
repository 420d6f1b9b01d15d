package dev.nearside.proxy.invalidation;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Which keys were given which tags, kept where every sidecar of the upstream sees it. A stage ends
 * exceptionally, with a message fit for a client, where the upstream cannot be asked.
 */
public interface TagStore {
  /**
   * Some of the keys of a tag.
   *
   * @param next where the following ones begin, or null where there are no more
   */
  record Page(List<byte[]> keys, @Nullable String next) {}

  /** Gives {@code key} a tag; whether it is new. */
  CompletionStage<Boolean> add(byte[] tag, byte[] key);

  /**
   * Finds keys of a tag. Each that had it before the first page was asked for, and still has it at
   * the last, is on at least one page.
   *
   * @param from where the page begins, null for the first
   */
  CompletionStage<Page> page(byte[] tag, @Nullable String from);

  /** Deletes the results of cached queries with a tag; the keys that they had. */
  CompletionStage<List<byte[]>> dropResults(byte[] tag);
}

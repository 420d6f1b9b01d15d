package dev.nearside.proxy.tier;

import dev.nearside.proxy.namespace.Namespace;
import java.util.concurrent.CompletableFuture;

/** Reads rows: the database, what guards it, or what stands in for it in tests. Thread-safe. */
@FunctionalInterface
public interface RowReads {
  /**
   * Reads the row of {@code name} within {@code timeoutNs}; completes on an unspecified thread,
   * exceptionally only by a mistake of ours.
   */
  CompletableFuture<Answer> read(Namespace namespace, byte[] name, long timeoutNs);
}

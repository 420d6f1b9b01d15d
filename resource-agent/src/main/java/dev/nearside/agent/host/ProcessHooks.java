package dev.nearside.agent.host;

import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What only the process the agent is embedded in can say. Called on the agent's thread; must not
 * block. A negative value or not a number means not known just now.
 *
 * @param directMemoryRatio memory outside the heap over its bound, or null when there is no such
 *     bound
 * @param eventLoopLagSeconds the worst event loop's lag, 99th percentile since the last call, or
 *     null when there are no event loops
 * @param heapCache the cache that fills the heap as planned, or null when there is none
 */
public record ProcessHooks(
    @Nullable DoubleSupplier directMemoryRatio,
    @Nullable DoubleSupplier eventLoopLagSeconds,
    @Nullable HeapCache heapCache) {
  /** No hooks: a process without event loops of its own. */
  public static final ProcessHooks NONE = new ProcessHooks(null, null, null);
}

/**
 * Fences, epochs, barriers and the staleness clock: when a local read is provably safe.
 *
 * <p>Called by {@code tier}, {@code relay} and the tracked connection. Shared by all threads,
 * lock-free.
 */
@NullMarked
package dev.nearside.proxy.coherence;

import org.jspecify.annotations.NullMarked;

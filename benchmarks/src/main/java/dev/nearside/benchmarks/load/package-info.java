/**
 * Load runs: servers side by side, asked the same in alternating rounds by a generator process.
 *
 * <p>Called from the command line. {@code Generator} is the main class of the generator's process,
 * one thread that never allocates per request; everything else runs in the process of {@code
 * Bench}, one step after the other.
 */
@NullMarked
package dev.nearside.benchmarks.load;

import org.jspecify.annotations.NullMarked;

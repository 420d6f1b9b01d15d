/**
 * Load runs: servers side by side, asked the same in alternating rounds by a generator process.
 *
 * <p>Called from the command line, one step after the other. A run is a list of {@code Stage}s: who
 * takes part, on which data, in which {@code Trial}s; {@code LoadRun} plays it and writes the
 * {@code Report}. {@code DelayHop} is the main class of a process of its own.
 */
@NullMarked
package dev.nearside.benchmarks.load;

import org.jspecify.annotations.NullMarked;

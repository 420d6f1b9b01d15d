/**
 * Real servers for the demo and the load runs: each a child process on a loopback port.
 *
 * <p>Called by {@code demo}, {@code load} and {@code coherence}; every class is used by one thread
 * at a time.
 */
@NullMarked
package dev.nearside.benchmarks.servers;

import org.jspecify.annotations.NullMarked;

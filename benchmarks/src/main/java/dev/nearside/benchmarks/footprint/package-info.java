/**
 * What a sidecar costs while nobody asks it anything, or while it is full: memory and start-up
 * time.
 *
 * <p>Called from the command line; one thread, one step after the other.
 */
@NullMarked
package dev.nearside.benchmarks.footprint;

import org.jspecify.annotations.NullMarked;

/**
 * What a fleet of sidecars costs the Redis they share, and the client that writes to it.
 *
 * <p>Called from the command line. The fleet's connections are simulated on one thread of their
 * own; the writer has two, one that sends at its pace and one that waits for replies.
 */
@NullMarked
package dev.nearside.benchmarks.fleet;

import org.jspecify.annotations.NullMarked;

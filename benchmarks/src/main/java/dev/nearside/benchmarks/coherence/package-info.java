/**
 * What clients see while others write and while things fail: staleness, recovery, stampedes, and
 * reads during outages, on real servers in processes of their own.
 *
 * <p>Called from the command line of the load runs. The scenarios run one after the other; pollers
 * and hops have threads of their own.
 */
@NullMarked
package dev.nearside.benchmarks.coherence;

import org.jspecify.annotations.NullMarked;

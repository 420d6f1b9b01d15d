/**
 * The demo: Redis, PostgreSQL, a small data set and the sidecar in front of them, in one process.
 *
 * <p>Called from the command line. The main thread starts things one after the other; the shutdown
 * thread stops them.
 */
@NullMarked
package dev.nearside.benchmarks.demo;

import org.jspecify.annotations.NullMarked;

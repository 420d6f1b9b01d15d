/**
 * How soon a row that somebody changes by SQL is fresh at a sidecar.
 *
 * <p>Called from the command line; one thread measures, others load the servers.
 */
@NullMarked
package dev.nearside.benchmarks.capture;

import org.jspecify.annotations.NullMarked;

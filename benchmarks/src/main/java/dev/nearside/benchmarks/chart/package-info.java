/**
 * The picture that the README shows, drawn from the raw data of committed runs.
 *
 * <p>Called from the command line, on one thread.
 */
@NullMarked
package dev.nearside.benchmarks.chart;

import org.jspecify.annotations.NullMarked;

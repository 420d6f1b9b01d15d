/**
 * Reports of runs that are tables: a Markdown page for people, and the raw numbers as JSON.
 *
 * <p>Called by the runs, each from one thread.
 */
@NullMarked
package dev.nearside.benchmarks.report;

import org.jspecify.annotations.NullMarked;

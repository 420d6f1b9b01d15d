/**
 * What single steps of a request cost, measured by JMH with its GC profiler.
 *
 * <p>Called by JMH, in forked JVMs; {@code MicroRun} starts it from the command line. JMH wants its
 * classes public and open to extension.
 */
@NullMarked
package dev.nearside.benchmarks.micro;

import org.jspecify.annotations.NullMarked;

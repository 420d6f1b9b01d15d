/**
 * Where the threads of a sidecar are under load, and what they wait for, by its JVM's own recorder.
 *
 * <p>Called from the command line, by one thread.
 */
@NullMarked
package dev.nearside.benchmarks.profile;

import org.jspecify.annotations.NullMarked;

/**
 * Reading a database through the sidecar, against PostgreSQL's own benchmark on the same server.
 *
 * <p>Called from the command line; the clients of a round are one thread, and servers take turns.
 */
@NullMarked
package dev.nearside.benchmarks.database;

import org.jspecify.annotations.NullMarked;

/**
 * Crashes under writes that the database takes later: servers and sidecars are killed in rounds,
 * and what their clients were told is compared with what the database has.
 *
 * <p>Called from the command line of the load runs. Each client has a thread of its own; rounds and
 * checks run on the caller's, the checks while all clients stand still.
 */
@NullMarked
package dev.nearside.benchmarks.outbox;

import org.jspecify.annotations.NullMarked;

/**
 * The load generator: clients that ask a server in a closed loop and compare every reply with what
 * it must be.
 *
 * <p>The load runs call it, usually as a process of its own; each of its threads serves its share
 * of the connections and allocates nothing per request. {@code Mix} chooses what is asked, {@code
 * Batch} writes it, {@code ReplyCheck} reads the answers, {@code LoadLoop} is the loop around them.
 */
@NullMarked
package dev.nearside.benchmarks.generator;

import org.jspecify.annotations.NullMarked;

/**
 * Turns values into scores, scores into levels, and levels into one immutable snapshot.
 *
 * <p>Called by the agent's thread only. Pure: no clock, no files, no threads; time comes in with
 * each call.
 */
@NullMarked
package dev.nearside.agent.pressure;

import org.jspecify.annotations.NullMarked;

/**
 * Turns the levels of the resource agent into actions of the sidecar.
 *
 * <p>Called by the agent's thread on changes, and by a timer so that a silent agent is noticed;
 * acts on thread-safe targets only.
 */
@NullMarked
package dev.nearside.proxy.pressure;

import org.jspecify.annotations.NullMarked;

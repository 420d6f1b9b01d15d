/**
 * Turns the levels of the resource agent into actions of the sidecar.
 *
 * <p>Called by the agent thread; acts on thread-safe targets only.
 */
@NullMarked
package dev.nearside.proxy.pressure;

import org.jspecify.annotations.NullMarked;

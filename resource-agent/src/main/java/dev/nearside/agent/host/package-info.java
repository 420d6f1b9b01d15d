/**
 * What the kernel and the Java runtime say about this process and this machine, as plain numbers.
 *
 * <p>Called by the agent's thread only; {@link dev.nearside.agent.host.Readings} may be read by any
 * thread. Files stay open and are read again into the same buffers, so sampling allocates nothing
 * while nothing changes.
 */
@NullMarked
package dev.nearside.agent.host;

import org.jspecify.annotations.NullMarked;

/**
 * Raw upstream connections for everything that is passed through byte for byte.
 *
 * <p>Called by {@code server}. An upstream connection is confined to the event loop of its clients.
 */
@NullMarked
package dev.nearside.proxy.relay;

import org.jspecify.annotations.NullMarked;

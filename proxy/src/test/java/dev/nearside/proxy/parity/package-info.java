/**
 * Random command streams, sent to a Redis directly and to another one through the sidecar, and what
 * comes back compared byte for byte.
 *
 * <p>{@link dev.nearside.proxy.parity.CommandStream} makes {@link dev.nearside.proxy.parity.Turn}s
 * of the templates in {@code commands.txt}; a {@link dev.nearside.proxy.parity.Duel} plays them on
 * two servers and knows by a {@link dev.nearside.proxy.parity.ClientState} how many replies to
 * expect; a {@link dev.nearside.proxy.parity.Shrinker} makes a difference small.
 */
@NullMarked
package dev.nearside.proxy.parity;

import org.jspecify.annotations.NullMarked;

/**
 * L2: tracked reads, leases and administration of the upstream through Lettuce.
 *
 * <p>Called by {@code tier}; pushes and replies of a connection arrive on one event loop, in stream
 * order.
 */
@NullMarked
package dev.nearside.proxy.tier.redis;

import org.jspecify.annotations.NullMarked;

/**
 * The read path over the tiers: L1, Redis, database. A tier answers with a value, never an
 * exception.
 *
 * <p>Called by {@code server} on event loops; answers come back on the same loop.
 */
@NullMarked
package dev.nearside.proxy.tier;

import org.jspecify.annotations.NullMarked;

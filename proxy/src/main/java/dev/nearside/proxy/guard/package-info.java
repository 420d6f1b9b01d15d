/**
 * Breakers and bulkheads in front of Redis fills and the database.
 *
 * <p>Called by {@code tier}; thread-safe.
 */
@NullMarked
package dev.nearside.proxy.guard;

import org.jspecify.annotations.NullMarked;

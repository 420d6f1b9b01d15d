/**
 * L3: batched JDBC reads. The only package that may block, on virtual threads of its own.
 *
 * <p>Called by {@code tier} from any thread; never blocks its caller.
 */
@NullMarked
package dev.nearside.proxy.tier.database;

import org.jspecify.annotations.NullMarked;

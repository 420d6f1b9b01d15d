/**
 * The write path of namespaces that the database takes too: it first, then Redis.
 *
 * <p>Called by {@code server} from event loops; never blocks its callers.
 */
@NullMarked
package dev.nearside.proxy.write;

import org.jspecify.annotations.NullMarked;

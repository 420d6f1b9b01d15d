/**
 * What a Redis Cluster is made of: slots, who has them, and what a node says that has not.
 *
 * <p>Called by {@code relay}, {@code server} and {@code tier.redis}. Shared by all threads.
 */
@NullMarked
package dev.nearside.proxy.cluster;

import org.jspecify.annotations.NullMarked;

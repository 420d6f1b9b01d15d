/**
 * Invalidation on request: what is to be forgotten, here and in every sidecar of the upstream.
 *
 * <p>Called by {@code server} and {@code admin}; the other sidecars speak through {@code
 * tier.redis}. What looks through L1 or waits for the upstream runs on virtual threads.
 */
@NullMarked
package dev.nearside.proxy.invalidation;

import org.jspecify.annotations.NullMarked;

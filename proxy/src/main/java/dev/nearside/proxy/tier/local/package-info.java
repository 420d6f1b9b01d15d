/**
 * L1: entries in memory, bounded by bytes, each valid only within its epoch and expiry.
 *
 * <p>Called by {@code tier} and {@code coherence} on any thread.
 */
@NullMarked
package dev.nearside.proxy.tier.local;

import org.jspecify.annotations.NullMarked;

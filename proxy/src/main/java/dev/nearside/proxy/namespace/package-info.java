/**
 * Per-prefix policy: time to live, tiers, and what a miss reads.
 *
 * <p>Built from the configuration at start; immutable and shared by all threads.
 */
@NullMarked
package dev.nearside.proxy.namespace;

import org.jspecify.annotations.NullMarked;

/**
 * Change capture: what anybody changes in captured tables leaves Redis, and with that every L1. One
 * sidecar of a fleet reads the database's log of changes and deletes the rows' keys.
 *
 * <p>Started and closed by the composition root; runs on virtual threads of its own, which block.
 */
@NullMarked
package dev.nearside.proxy.capture;

import org.jspecify.annotations.NullMarked;

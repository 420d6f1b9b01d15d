/**
 * The configuration tree: defaults, YAML, environment, flags; parsed and validated in one place.
 *
 * <p>Called once at start by {@code Nearside}. Records are immutable; constructors below take
 * values, not this tree.
 */
@NullMarked
package dev.nearside.proxy.config;

import org.jspecify.annotations.NullMarked;

/**
 * Certificates, keys and credentials of both sides, read again when their files change.
 *
 * <p>Called by {@code server}, {@code relay} and {@code tier.redis}; thread-safe.
 */
@NullMarked
package dev.nearside.proxy.security;

import org.jspecify.annotations.NullMarked;

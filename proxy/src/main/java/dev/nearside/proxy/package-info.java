/**
 * The sidecar: the command line and the one composition root, {@code Proxy}.
 *
 * <p>Called by the operating system. Everything below it is wired here by hand and nowhere else.
 */
@NullMarked
package dev.nearside.proxy;

import org.jspecify.annotations.NullMarked;

/** Sessions of unmodified Redis clients, played through a real sidecar on real servers. */
@NullMarked
package dev.nearside.proxy.client;

import org.jspecify.annotations.NullMarked;

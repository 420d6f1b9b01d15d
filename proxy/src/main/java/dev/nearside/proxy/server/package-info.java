/**
 * Listeners and client connections: a request is decoded, sent its way, and answered in order.
 *
 * <p>Called by Netty. Everything of one connection runs on the event loop it was accepted on.
 */
@NullMarked
package dev.nearside.proxy.server;

import org.jspecify.annotations.NullMarked;

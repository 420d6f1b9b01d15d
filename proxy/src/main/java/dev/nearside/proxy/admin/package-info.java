/**
 * The HTTP port: metrics, probes, the configuration in force, and the switches of L1.
 *
 * <p>Called by Netty on an event loop of its own, so that a scrape never delays a client.
 */
@NullMarked
package dev.nearside.proxy.admin;

import org.jspecify.annotations.NullMarked;

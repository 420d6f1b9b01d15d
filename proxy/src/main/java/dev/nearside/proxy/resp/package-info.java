/**
 * RESP2 and RESP3 bytes to requests and replies and back; knows no command.
 *
 * <p>Called by {@code server} and {@code relay}. Instances are confined to one event loop.
 */
@NullMarked
package dev.nearside.proxy.resp;

import org.jspecify.annotations.NullMarked;

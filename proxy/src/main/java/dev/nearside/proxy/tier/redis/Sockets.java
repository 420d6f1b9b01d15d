package dev.nearside.proxy.tier.redis;

import io.netty.channel.Channel;
import io.netty.channel.MultithreadEventLoopGroup;

/**
 * How the clients' sockets are driven, and the sidecar's own where Lettuce can have it so.
 *
 * @param loops run them; stay the caller's, and are to end after the connections
 * @param type connects by TCP, on {@code loops}
 */
public record Sockets(MultithreadEventLoopGroup loops, Class<? extends Channel> type) {
  int threads() {
    return loops.executorCount();
  }
}

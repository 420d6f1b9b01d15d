package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.ReplySink;
import io.netty.buffer.ByteBuf;

/** By what one client's requests reach the nodes of a cluster: lanes, or connections of its own. */
@FunctionalInterface
interface Carrier {
  /** Sends {@code bytes}, a whole request or one behind ASKING, and has {@code sink} told. */
  void send(Node node, ByteBuf bytes, ReplySink sink);
}

package dev.nearside.proxy.admin;

import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;

/**
 * What every accepted connection passes through, in order: its deadline, the codec, the bound on
 * bodies, and the answers. Confined to the port's one event loop.
 */
final class AdminPipeline extends ChannelInitializer<SocketChannel> {
  private static final int MAX_LINE_BYTES = 4 * 1024;
  private static final int MAX_HEADER_BYTES = 8 * 1024;
  private static final int MAX_BODY_BYTES = 64 * 1024;

  private final AdminLimits limits;
  private final Endpoints endpoints;
  private int connections;

  AdminPipeline(String ownHost, AdminSources sources, AdminLimits limits) {
    this.limits = limits;
    endpoints = new Endpoints(ownHost, sources);
  }

  @Override
  protected void initChannel(SocketChannel channel) {
    connections++;
    channel.closeFuture().addListener(_ -> connections--);
    if (connections > limits.maxConnections()) {
      channel.close();
      return;
    }
    RequestDeadline deadline = new RequestDeadline(limits);
    channel
        .pipeline()
        .addLast(deadline)
        .addLast(new HttpServerCodec(decoderConfig()))
        .addLast(new BoundedBody(MAX_BODY_BYTES))
        .addLast(new AdminConnection(endpoints, deadline));
  }

  private static HttpDecoderConfig decoderConfig() {
    return new HttpDecoderConfig()
        .setMaxInitialLineLength(MAX_LINE_BYTES)
        .setMaxHeaderSize(MAX_HEADER_BYTES);
  }
}

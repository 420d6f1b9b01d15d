package dev.nearside.proxy.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.TooLongHttpContentException;
import org.jspecify.annotations.Nullable;

/**
 * Joins a request and its body. One whose body is too long is passed on as a failed request,
 * without the body, so that its refusal waits its turn behind earlier replies.
 */
final class BoundedBody extends HttpObjectAggregator {
  BoundedBody(int maxBytes) {
    super(maxBytes);
  }

  @Override
  protected @Nullable Object newContinueResponse(
      HttpMessage start, int maxBytes, ChannelPipeline pipeline) {
    return isContentLengthInvalid(start, maxBytes)
        ? null
        : super.newContinueResponse(start, maxBytes, pipeline);
  }

  @Override
  protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
    HttpRequest request = (HttpRequest) oversized;
    FullHttpRequest refused =
        new DefaultFullHttpRequest(
            request.protocolVersion(), request.method(), request.uri(), Unpooled.EMPTY_BUFFER);
    refused.setDecoderResult(
        DecoderResult.failure(
            new TooLongHttpContentException("body over " + maxContentLength() + " bytes")));
    ctx.fireChannelRead(refused);
  }
}

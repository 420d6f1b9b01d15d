package dev.nearside.proxy.admin;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpContentException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.io.IOException;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests of one connection, the next only when the client has taken the reply to the
 * last, so that a client that sends and never reads holds one reply at most. What arrives meanwhile
 * waits, and once several do, no more is read. Event-loop confined.
 */
final class AdminConnection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(AdminConnection.class);
  private static final int MAX_WAITING = 16;

  private final Endpoints endpoints;
  private final RequestDeadline deadline;
  private final ArrayDeque<FullHttpRequest> waiting = new ArrayDeque<>();
  private boolean replying;
  private boolean refused;

  AdminConnection(Endpoints endpoints, RequestDeadline deadline) {
    this.endpoints = endpoints;
    this.deadline = deadline;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object request) {
    waiting.add((FullHttpRequest) request);
    if (refused) {
      drop();
    } else if (!replying) {
      replyToNext(ctx);
    } else if (waiting.size() == MAX_WAITING) {
      ctx.channel().config().setAutoRead(false);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    drop();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException || cause instanceof CodecException) {
      log.debug("HTTP client {} broke off: {}", ctx.channel().remoteAddress(), cause.toString());
    } else {
      log.warn("HTTP connection from {} failed", ctx.channel().remoteAddress(), cause);
    }
    ctx.close();
  }

  private void replyToNext(ChannelHandlerContext ctx) {
    FullHttpRequest request = waiting.poll();
    if (request == null) {
      deadline.idle();
      ctx.channel().config().setAutoRead(true);
      return;
    }
    replying = true;
    deadline.replying();
    try {
      reply(ctx, request);
    } finally {
      request.release();
    }
  }

  private void reply(ChannelHandlerContext ctx, FullHttpRequest request) {
    if (request.decoderResult().isFailure()) {
      refuse(ctx, request.decoderResult().cause());
      return;
    }
    boolean keepAlive = HttpUtil.isKeepAlive(request);
    HttpVersion version = request.protocolVersion();
    try {
      endpoints.answer(
          ctx.channel(), request, response -> reply(ctx, response, version, keepAlive));
    } catch (IOException | RuntimeException e) { // the rim: our bug costs this request only
      log.error("{} {} failed", request.method(), request.uri(), e);
      FullHttpResponse response =
          Replies.error(HttpResponseStatus.INTERNAL_SERVER_ERROR, "this is a bug, see the log");
      reply(ctx, response, version, keepAlive);
    }
  }

  private void reply(
      ChannelHandlerContext ctx,
      FullHttpResponse response,
      HttpVersion version,
      boolean keepAlive) {
    HttpUtil.setKeepAlive(response.headers(), version, keepAlive);
    ctx.writeAndFlush(response).addListener((ChannelFuture done) -> replied(ctx, done, keepAlive));
  }

  private void replied(ChannelHandlerContext ctx, ChannelFuture done, boolean keepAlive) {
    if (!keepAlive || !done.isSuccess()) {
      ctx.close();
      return;
    }
    replying = false;
    replyToNext(ctx);
  }

  private void drop() {
    waiting.forEach(FullHttpRequest::release);
    waiting.clear();
  }

  /**
   * Says what is wrong and closes this side. The rest of what the client sends is read and dropped,
   * within the deadline of the reply: closing at once would reset the connection and might take the
   * reply with it (RFC 9112, 9.6).
   */
  private void refuse(ChannelHandlerContext ctx, Throwable cause) {
    refused = true;
    drop();
    FullHttpResponse response = Replies.error(statusOf(cause), cause.getMessage());
    response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    ctx.writeAndFlush(response)
        .addListener(_ -> {
          ((SocketChannel) ctx.channel()).shutdownOutput();
          ctx.channel().config().setAutoRead(true);
        });
  }

  private static HttpResponseStatus statusOf(Throwable cause) {
    return switch (cause) {
      case TooLongHttpLineException _ -> HttpResponseStatus.REQUEST_URI_TOO_LONG;
      case TooLongHttpHeaderException _ -> HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
      case TooLongHttpContentException _ -> HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE;
      default -> HttpResponseStatus.BAD_REQUEST;
    };
  }
}

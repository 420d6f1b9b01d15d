package dev.nearside.proxy.admin;

import dev.nearside.proxy.invalidation.Invalidation;
import dev.nearside.proxy.telemetry.InvalidationScope;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Forgets what a body names, see {@link InvalidateBody}. Event-loop confined. */
final class InvalidateEndpoint {
  private static final Logger log = LoggerFactory.getLogger(InvalidateEndpoint.class);

  private final Invalidation invalidation;
  private final DriveByGuard guard;

  InvalidateEndpoint(Invalidation invalidation, DriveByGuard guard) {
    this.invalidation = invalidation;
    this.guard = guard;
  }

  /** Answers once it is done, on the event loop of {@code channel}. */
  void post(Channel channel, FullHttpRequest request, Consumer<FullHttpResponse> reply) {
    Optional<String> objection = guard.objection(channel, request.headers());
    if (objection.isPresent()) {
      reply.accept(Replies.error(HttpResponseStatus.FORBIDDEN, objection.get()));
      return;
    }
    InvalidateBody body;
    try {
      body = InvalidateBody.of(request.content().toString(StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) { // the client's mistake, and said so
      reply.accept(Replies.error(HttpResponseStatus.BAD_REQUEST, e.getMessage()));
      return;
    }
    log.info("invalidation by {}: {} {}", channel.remoteAddress(), body.scope(), body.kind());
    invalidation.forget(
        body.scope(),
        body.target(),
        outcome -> channel.eventLoop().execute(() -> reply.accept(reply(body.scope(), outcome))));
  }

  private static FullHttpResponse reply(InvalidationScope scope, Invalidation.Outcome outcome) {
    String shortfall = outcome.shortfall();
    if (shortfall != null) {
      return Replies.error(HttpResponseStatus.SERVICE_UNAVAILABLE, shortfall);
    }
    return Replies.json(
        HttpResponseStatus.OK,
        Replies.JSON
            .createObjectNode()
            .put("removed", outcome.count())
            .put("scope", scope.name().toLowerCase(Locale.ROOT)));
  }
}

package dev.nearside.proxy.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows and switches the mode of L1: a word, or {@code {"mode":"off"}}. */
final class L1Endpoint {
  private static final Logger log = LoggerFactory.getLogger(L1Endpoint.class);

  private final L1Switch l1;
  private final DriveByGuard guard;

  L1Endpoint(L1Switch l1, DriveByGuard guard) {
    this.l1 = l1;
    this.guard = guard;
  }

  FullHttpResponse get() {
    String mode = l1.mode().get().name().toLowerCase(Locale.ROOT);
    return Replies.json(HttpResponseStatus.OK, Replies.JSON.createObjectNode().put("mode", mode));
  }

  FullHttpResponse put(Channel channel, FullHttpRequest request) {
    Optional<String> objection = guard.objection(channel, request.headers());
    if (objection.isPresent()) {
      return Replies.error(HttpResponseStatus.FORBIDDEN, objection.get());
    }
    Optional<L1Mode> wanted = modeIn(request.content().toString(StandardCharsets.UTF_8).strip());
    if (wanted.isEmpty()) {
      return Replies.error(
          HttpResponseStatus.BAD_REQUEST, "expected on, shadow, off or {\"mode\":\"off\"}");
    }
    log.info("L1 {} -> {} by {}", l1.mode().get(), wanted.get(), channel.remoteAddress());
    String refusal = l1.set().apply(wanted.get());
    return refusal == null ? get() : Replies.error(HttpResponseStatus.CONFLICT, refusal);
  }

  private static Optional<L1Mode> modeIn(String body) {
    return body.startsWith("{") ? modeInJson(body) : modeNamed(body);
  }

  private static Optional<L1Mode> modeInJson(String body) {
    try {
      JsonNode json = Replies.JSON.readTree(body);
      return json.size() == 1 ? modeNamed(json.path("mode").asText()) : Optional.empty();
    } catch (JsonProcessingException e) { // the client's mistake, and said so
      return Optional.empty();
    }
  }

  private static Optional<L1Mode> modeNamed(String word) {
    return switch (word) {
      case "on" -> Optional.of(L1Mode.ON);
      case "shadow" -> Optional.of(L1Mode.SHADOW);
      case "off" -> Optional.of(L1Mode.OFF);
      default -> Optional.empty();
    };
  }
}

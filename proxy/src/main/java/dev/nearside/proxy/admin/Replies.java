package dev.nearside.proxy.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Makes replies: complete, with their length, never cached, never guessed at by a browser. */
final class Replies {
  /** Reads and writes the JSON of the port. */
  static final ObjectMapper JSON = new ObjectMapper();

  private static final String PLAIN_TEXT = "text/plain; charset=utf-8";
  private static final String JSON_TEXT = "application/json";

  private Replies() {}

  static FullHttpResponse json(HttpResponseStatus status, JsonNode body) {
    try {
      String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(body) + "\n";
      return of(status, JSON_TEXT, utf8(text));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns text as JSON where it is that, else as plain text, which browsers show. */
  static FullHttpResponse jsonOrText(String text) {
    String type = text.stripLeading().startsWith("{") ? JSON_TEXT : PLAIN_TEXT;
    return of(HttpResponseStatus.OK, type, utf8(text));
  }

  /** Returns an error with {@code why} as its explanation. */
  static FullHttpResponse error(HttpResponseStatus status, @Nullable String why) {
    ObjectNode body = JSON.createObjectNode();
    body.put("status", status.code());
    body.put("error", status.reasonPhrase());
    body.put("why", why == null ? "malformed request" : why);
    return json(status, body);
  }

  /** Returns a reply of {@code body}, whose ownership passes to it. */
  static FullHttpResponse of(HttpResponseStatus status, String type, ByteBuf body) {
    FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, type)
        .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
        .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
        .set("x-content-type-options", "nosniff");
    return response;
  }

  private static ByteBuf utf8(String text) {
    return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
  }
}

package dev.nearside.proxy.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.exporter.common.TextFormat;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/** Writes a scrape: the text format or OpenMetrics, gzipped where the client takes that. */
final class MetricsPage {
  private final CollectorRegistry registry;
  private int lastBytes = 16 * 1024;

  MetricsPage(CollectorRegistry registry) {
    this.registry = registry;
  }

  FullHttpResponse scrape(ByteBufAllocator allocator, HttpHeaders asked) throws IOException {
    String type = TextFormat.chooseContentType(asked.get(HttpHeaderNames.ACCEPT));
    boolean gzip = takesGzip(asked);
    ByteBuf body = allocator.buffer(lastBytes);
    FullHttpResponse response = null;
    try {
      write(type, gzip, body);
      lastBytes = body.readableBytes();
      response = Replies.of(HttpResponseStatus.OK, type, body);
    } finally {
      if (response == null) {
        body.release();
      }
    }
    response.headers().set(HttpHeaderNames.VARY, "accept, accept-encoding");
    if (gzip) {
      response.headers().set(HttpHeaderNames.CONTENT_ENCODING, HttpHeaderValues.GZIP);
    }
    return response;
  }

  private void write(String type, boolean gzip, ByteBuf body) throws IOException {
    OutputStream bytes = new ByteBufOutputStream(body);
    OutputStream encoded = gzip ? new GZIPOutputStream(bytes) : bytes;
    try (Writer text =
        new BufferedWriter(new OutputStreamWriter(encoded, StandardCharsets.UTF_8))) {
      TextFormat.writeFormat(type, text, registry.metricFamilySamples());
    }
  }

  /** Returns whether gzip is named in Accept-Encoding with a weight above zero (RFC 9110, 12.5). */
  static boolean takesGzip(HttpHeaders asked) {
    for (String header : asked.getAll(HttpHeaderNames.ACCEPT_ENCODING)) {
      for (String coding : header.toLowerCase(Locale.ROOT).split(",", -1)) {
        String[] parts = coding.split(";", -1);
        if (parts[0].strip().equals("gzip")) {
          return parts.length == 1 || !parts[1].strip().matches("q=0(\\.0*)?");
        }
      }
    }
    return false;
  }
}

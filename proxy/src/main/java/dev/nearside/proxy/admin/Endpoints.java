package dev.nearside.proxy.admin;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.util.function.Consumer;

/** What is served under which path and method. Event-loop confined. */
final class Endpoints {
  private static final String INDEX =
      """
      Nearside

      GET  /metrics   metrics, Prometheus text or OpenMetrics by Accept
      GET  /livez     200 while the process works, else 503
      GET  /readyz    200 while clients should come, else 503; with each check
      GET  /config    the configuration in force, without secrets
      GET  /v1/l1     the mode of the local cache
      PUT  /v1/l1     on, shadow or off: switches the local cache
      POST /v1/invalidate
                      {"scope":"local" or "fleet", "keys":[...] or "prefix", "pattern", "tag":"..."}
      """;

  private final MetricsPage metrics;
  private final AdminSources sources;
  private final L1Endpoint l1;
  private final InvalidateEndpoint invalidate;

  Endpoints(String ownHost, AdminSources sources) {
    this.sources = sources;
    metrics = new MetricsPage(sources.registry());
    DriveByGuard guard = new DriveByGuard(ownHost);
    l1 = new L1Endpoint(sources.l1(), guard);
    invalidate = new InvalidateEndpoint(sources.invalidation(), guard);
  }

  /**
   * Answers {@code request}, which stays the caller's to release.
   *
   * @param reply told once, on the event loop: before this returns, unless the answer takes time
   */
  void answer(Channel channel, FullHttpRequest request, Consumer<FullHttpResponse> reply)
      throws IOException {
    String path = pathOf(request.uri());
    if (path.equals("/v1/invalidate") && request.method().equals(HttpMethod.POST)) {
      invalidate.post(channel, request, reply);
    } else {
      reply.accept(answer(channel, request, path));
    }
  }

  private FullHttpResponse answer(Channel channel, FullHttpRequest request, String path)
      throws IOException {
    return switch (path) {
      case "/" -> reads(request, () -> Replies.jsonOrText(INDEX));
      case "/metrics" -> reads(request, () -> metrics.scrape(channel.alloc(), request.headers()));
      case "/livez" -> reads(request, () -> Probe.reply(sources.alive()));
      case "/readyz" -> reads(request, () -> Probe.reply(sources.ready()));
      case "/config" -> reads(request, () -> Replies.jsonOrText(sources.config().get()));
      case "/v1/l1" ->
          request.method().equals(HttpMethod.PUT)
              ? l1.put(channel, request)
              : reads(request, l1::get, "GET, HEAD, PUT");
      case "/v1/invalidate" -> refused(request.method(), "POST");
      default -> Replies.error(HttpResponseStatus.NOT_FOUND, path + " is not served, see /");
    };
  }

  private static FullHttpResponse reads(FullHttpRequest request, Page page) throws IOException {
    return reads(request, page, "GET, HEAD");
  }

  private static FullHttpResponse reads(FullHttpRequest request, Page page, String allowed)
      throws IOException {
    HttpMethod method = request.method();
    if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
      return page.make();
    }
    return refused(method, allowed);
  }

  private static FullHttpResponse refused(HttpMethod method, String allowed) {
    FullHttpResponse refusal =
        Replies.error(HttpResponseStatus.METHOD_NOT_ALLOWED, method + ": use " + allowed);
    refusal.headers().set(HttpHeaderNames.ALLOW, allowed);
    return refusal;
  }

  private static String pathOf(String uri) {
    int query = uri.indexOf('?');
    return query < 0 ? uri : uri.substring(0, query);
  }

  /** Makes a reply that changes nothing. */
  private interface Page {
    FullHttpResponse make() throws IOException;
  }
}

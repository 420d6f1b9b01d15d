package dev.nearside.proxy.admin;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.scene.Nobody;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.LocalTier;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** An HTTP port on a free port, with what it shows in the test's hands. */
final class AdminScene implements AutoCloseable {
  final Metrics metrics = new Metrics(new CollectorRegistry(), List.of("prompt"));
  final LocalTier local = new LocalTier(1 << 20, 1 << 20);
  final Coherence coherence = new Coherence(local, List.of(0), Duration.ofSeconds(1), metrics);
  final AtomicReference<L1Mode> mode = new AtomicReference<>(L1Mode.ON);
  final AtomicReference<String> trouble = new AtomicReference<>("");
  final AtomicReference<String> config = new AtomicReference<>("listen: 127.0.0.1:6380\n");
  final AdminSources sources;
  final AdminServer server;
  final HttpClient http = HttpClient.newHttpClient();

  AdminScene(AdminLimits limits) throws IOException {
    Readiness tracked =
        new Readiness("tracked-connection", () -> trouble.get().isEmpty(), trouble::get);
    Readiness always = new Readiness("event-loops", () -> true, () -> "");
    sources =
        new AdminSources(
            metrics.registry(),
            List.of(always),
            List.of(always, tracked),
            config::get,
            new L1Switch(
                mode::get,
                wanted -> {
                  mode.set(wanted);
                  return null;
                }),
            Nobody.invalidation(coherence, metrics));
    server = AdminServer.start(new Address("127.0.0.1", 0), sources, limits);
  }

  AdminScene() throws IOException {
    this(AdminLimits.DEFAULT);
  }

  RawHttp raw() throws IOException {
    return new RawHttp(server.address());
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + server.address().getPort() + path));
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = request(path);
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  HttpResponse<String> put(String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request = request(path).PUT(HttpRequest.BodyPublishers.ofString(body));
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    http.shutdownNow();
    server.close();
  }
}

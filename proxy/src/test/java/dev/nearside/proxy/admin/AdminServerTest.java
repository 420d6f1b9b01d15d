package dev.nearside.proxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.telemetry.CommandLabel;
import dev.nearside.proxy.telemetry.Exposition;
import dev.nearside.proxy.telemetry.LoopCounters;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Way;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private AdminScene scene;

  @BeforeEach
  void start() throws Exception {
    scene = new AdminScene();
  }

  @AfterEach
  void stop() {
    scene.close();
    threads.shutdownNow();
  }

  @Test
  void metrics_areTheTextFormat() throws Exception {
    scene.metrics.counter(Metric.BARRIERS).add(3);

    HttpResponse<String> response = scene.get("/metrics");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(header(response, "content-type")).startsWith("text/plain; version=0.0.4");
    assertThat(header(response, "content-encoding")).isEmpty();
    assertThat(Exposition.parse(response.body()).value("nearside_barriers_total")).isEqualTo(3);
  }

  @Test
  void metrics_areOpenMetrics_whereAskedFor() throws Exception {
    HttpResponse<String> response =
        scene.get(
            "/metrics", "Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");

    assertThat(header(response, "content-type")).startsWith("application/openmetrics-text");
    assertThat(response.body()).endsWith("# EOF\n");
  }

  @Test
  void metrics_areGzipped_whereTaken() throws Exception {
    HttpResponse<byte[]> response =
        scene.http.send(
            scene.request("/metrics").header("Accept-Encoding", "deflate, gzip;q=0.8").build(),
            HttpResponse.BodyHandlers.ofByteArray());

    assertThat(header(response, "content-encoding")).isEqualTo("gzip");
    var plain = new GZIPInputStream(new ByteArrayInputStream(response.body())).readAllBytes();
    Exposition scrape = Exposition.parse(new String(plain, StandardCharsets.UTF_8));
    assertThat(scrape.value("nearside_barriers_total")).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip | true",
        "GZIP | true",
        "br, gzip;q=0.1 | true",
        "gzip;q=0 | false",
        "gzip;q=0.000 | false",
        "identity | false",
        "x-gzipped | false"
      })
  void gzip_isNegotiatedByWeight(String acceptEncoding, boolean taken) {
    var headers = new DefaultHttpHeaders().add("accept-encoding", acceptEncoding);
    assertThat(MetricsPage.takesGzip(headers)).isEqualTo(taken);
  }

  @Test
  void livez_is200_whateverReadyzSays() throws Exception {
    scene.trouble.set("no upstream");

    HttpResponse<String> response = scene.get("/livez");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(json(response).at("/checks/0/name").asText()).isEqualTo("event-loops");
  }

  @Test
  void readyz_is503WithTheReason_andAgain200() throws Exception {
    scene.trouble.set("127.0.0.1:6379: connection refused");
    HttpResponse<String> down = scene.get("/readyz");
    scene.trouble.set("");
    HttpResponse<String> up = scene.get("/readyz?verbose");

    assertThat(down.statusCode()).isEqualTo(503);
    assertThat(json(down))
        .isEqualTo(
            JSON.readTree(
                """
                {"ok":false,"checks":[
                  {"name":"event-loops","ok":true},
                  {"name":"tracked-connection","ok":false,
                   "why":"127.0.0.1:6379: connection refused"}]}
                """));
    assertThat(up.statusCode()).isEqualTo(200);
    assertThat(json(up).at("/ok").asBoolean()).isTrue();
  }

  @Test
  void readyz_aCheckThatThrows_isNotWell() throws Exception {
    scene.trouble.set(null);

    HttpResponse<String> response = scene.get("/readyz");

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(json(response).at("/checks/1/why").asText()).contains("NullPointerException");
  }

  @Test
  void config_isPlainText_orJson() throws Exception {
    HttpResponse<String> yaml = scene.get("/config");
    scene.config.set("{\"listen\":\"127.0.0.1:6380\"}");
    HttpResponse<String> json = scene.get("/config");

    assertThat(yaml.body()).isEqualTo("listen: 127.0.0.1:6380\n");
    assertThat(header(yaml, "content-type")).isEqualTo("text/plain; charset=utf-8");
    assertThat(header(json, "content-type")).isEqualTo("application/json");
  }

  @Test
  void config_thatCannotBeMade_is500_andTheConnectionStays() throws Exception {
    scene.config.set(null);
    try (RawHttp client = scene.raw()) {
      RawHttp.Reply failed = client.send("GET /config HTTP/1.1\r\nHost: x\r\n\r\n").reply();
      RawHttp.Reply next = client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").reply();

      assertThat(failed.status()).isEqualTo(500);
      assertThat(failed.body()).doesNotContain("Exception");
      assertThat(next.status()).isEqualTo(200);
    }
  }

  @Test
  void index_namesEveryEndpoint() throws Exception {
    assertThat(scene.get("/").body())
        .contains("/metrics", "/livez", "/readyz", "/config", "PUT  /v1/l1");
  }

  @ParameterizedTest
  @CsvSource({"off,OFF", "shadow,SHADOW", "on,ON"})
  void l1_isSwitchedByAWord_orJson(String word, L1Mode mode) throws Exception {
    HttpResponse<String> byWord = scene.put("/v1/l1", word + "\n");
    assertThat(byWord.statusCode()).isEqualTo(200);
    assertThat(json(byWord).at("/mode").asText()).isEqualTo(word);
    assertThat(scene.mode).hasValue(mode);

    scene.mode.set(mode == L1Mode.OFF ? L1Mode.ON : L1Mode.OFF);
    assertThat(scene.put("/v1/l1", "{\"mode\":\"" + word + "\"}").statusCode()).isEqualTo(200);
    assertThat(scene.mode).hasValue(mode);
    assertThat(json(scene.get("/v1/l1")).at("/mode").asText()).isEqualTo(word);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "OFF!", "false", "{", "{}", "{\"mode\":1}", "{\"mode\":\"off\",\"a\":1}"})
  void l1_anythingElseIs400_andChangesNothing(String body) throws Exception {
    HttpResponse<String> response = scene.put("/v1/l1", body);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).at("/why").asText()).contains("expected on, shadow, off");
    assertThat(scene.mode).hasValue(L1Mode.ON);
  }

  @Test
  void l1_aWebPageMayNotSwitchIt() throws Exception {
    HttpResponse<String> response = scene.put("/v1/l1", "off", "Origin", "https://evil.example");

    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(json(response).at("/why").asText()).contains("Origin");
    assertThat(scene.mode).hasValue(L1Mode.ON);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Host: rebound.evil.example:9090 | 403",
        "Host: 10.1.2.3 | 403",
        "Host: 127.0.0.1.evil.example | 403",
        "Host: [::2]:80 | 403",
        "Host: [::1 | 403",
        "X-No-Host: at all | 403",
        "Host: localhost:1 | 200",
        "Host: LOCALHOST | 200",
        "Host: 127.0.0.1:8080 | 200",
        "Host: [::1]:8080 | 200"
      })
  void l1_isSwitchedOnlyThroughAnOwnName(String hostHeader, int status) throws Exception {
    try (RawHttp client = scene.raw()) {
      client.send("PUT /v1/l1 HTTP/1.1\r\n" + hostHeader + "\r\nContent-Length: 3\r\n\r\noff");

      assertThat(client.reply().status()).isEqualTo(status);
      assertThat(scene.mode).hasValue(status == 200 ? L1Mode.OFF : L1Mode.ON);
    }
  }

  @Test
  void l1_twoHosts_areNoOwnName() throws Exception {
    try (RawHttp client = scene.raw()) {
      client.send(
          "PUT /v1/l1 HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\nContent-Length: 3\r\n\r\noff");

      assertThat(client.reply().status()).isEqualTo(403);
      assertThat(scene.mode).hasValue(L1Mode.ON);
    }
  }

  @Test
  void unknownPath_is404_inJson() throws Exception {
    HttpResponse<String> response = scene.get("/metricz");

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(header(response, "content-type")).isEqualTo("application/json");
    assertThat(json(response).at("/status").asInt()).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource({"POST,/metrics", "PUT,/livez", "DELETE,/v1/l1", "OPTIONS,/v1/l1", "PATCH,/config"})
  void wrongMethod_is405_sayingWhichAreAllowed(String method, String path) throws Exception {
    HttpResponse<String> response =
        scene.send(scene.request(path).method(method, BodyPublishers.ofString("off")));

    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(header(response, "allow")).startsWith("GET, HEAD");
    assertThat(scene.mode).hasValue(L1Mode.ON);
  }

  @Test
  void head_isTheHeadOfGet_andTheConnectionStays() throws Exception {
    try (RawHttp client = scene.raw()) {
      RawHttp.Reply head = client.send("HEAD /config HTTP/1.1\r\nHost: x\r\n\r\n").replyToHead();
      RawHttp.Reply get = client.send("GET /config HTTP/1.1\r\nHost: x\r\n\r\n").reply();

      assertThat(head.status()).isEqualTo(200);
      assertThat(head.head()).isEqualTo(get.head());
      assertThat(get.body()).isEqualTo("listen: 127.0.0.1:6380\n");
    }
  }

  @Test
  void connectionClose_andHttp10_closeAfterTheReply() throws Exception {
    try (RawHttp modern = scene.raw();
        RawHttp old = scene.raw()) {
      modern.send("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      old.send("GET /livez HTTP/1.0\r\n\r\n");

      assertThat(modern.reply().status()).isEqualTo(200);
      assertThat(modern.isClosedByServer()).isTrue();
      assertThat(old.reply().status()).isEqualTo(200);
      assertThat(old.isClosedByServer()).isTrue();
    }
  }

  @Test
  void pipelined_repliesComeInOrder() throws Exception {
    int pairs = 500;
    try (RawHttp client = scene.raw()) {
      String pair = String.join("\r\n\r\n", "GET /livez HTTP/1.1", "GET /none HTTP/1.1", "");
      client.send(pair.repeat(pairs));

      for (int i = 0; i < pairs; i++) {
        assertThat(client.reply().status()).isEqualTo(200);
        assertThat(client.reply().status()).isEqualTo(404);
      }
    }
  }

  @Test
  void aRequestInSingleBytes_isAnswered() throws Exception {
    String put = "PUT /v1/l1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\noff";
    try (RawHttp client = scene.raw()) {
      for (int i = 0; i < put.length(); i++) {
        client.send(put.substring(i, i + 1));
      }
      assertThat(client.reply().status()).isEqualTo(200);
    }
    assertThat(scene.mode).hasValue(L1Mode.OFF);
  }

  @Test
  void aChunkedBody_afterExpectContinue_isTaken() throws Exception {
    try (RawHttp client = scene.raw()) {
      client.head(
          "PUT /v1/l1 HTTP/1.1",
          "Host: localhost",
          "Expect: 100-continue",
          "Transfer-Encoding: chunked");
      assertThat(client.replyToHead().status()).isEqualTo(100);
      client.send("1\r\no\r\n2\r\nff\r\n0\r\n\r\n");
      assertThat(client.reply().status()).isEqualTo(200);
    }
    assertThat(scene.mode).hasValue(L1Mode.OFF);
  }

  @Test
  void tooLargeABody_is413_behindEarlierReplies_andCloses() throws Exception {
    try (RawHttp client = scene.raw()) {
      client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
      client.send("PUT /v1/l1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
      client.send("x".repeat(1_000_000));

      assertThat(client.reply().status()).isEqualTo(200);
      RawHttp.Reply refusal = client.reply();
      assertThat(refusal.status()).isEqualTo(413);
      assertThat(refusal.body()).contains("body over 65536 bytes");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void tooLargeABody_inChunks_is413() throws Exception {
    try (RawHttp client = scene.raw()) {
      client.send("PUT /v1/l1 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send(("1000\r\n" + "x".repeat(4096) + "\r\n").repeat(20));

      assertThat(client.reply().status()).isEqualTo(413);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void tooLargeABody_announcedByExpect_isRefusedUnsent() throws Exception {
    try (RawHttp client = scene.raw()) {
      client.head(
          "PUT /v1/l1 HTTP/1.1",
          "Host: localhost",
          "Expect: 100-continue",
          "Content-Length: 1000000");

      assertThat(client.reply().status()).isEqualTo(413);
    }
  }

  @Test
  void tooLongALine_is414_andTooMuchHeader_is431() throws Exception {
    try (RawHttp line = scene.raw();
        RawHttp header = scene.raw()) {
      line.send("GET /" + "x".repeat(5_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
      header.send("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + "x".repeat(9_000) + "\r\n\r\n");

      assertThat(line.reply().status()).isEqualTo(414);
      assertThat(line.isClosedByServer()).isTrue();
      assertThat(header.reply().status()).isEqualTo(431);
      assertThat(header.isClosedByServer()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n"
      })
  void whatIsNotHttp_is400_andClosed(String bytes) throws Exception {
    try (RawHttp client = scene.raw()) {
      assertThat(client.send(bytes).reply().status()).isEqualTo(400);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void concurrentScrapes_whileALoopCounts_areWholeAndNeverFall() throws Exception {
    LoopCounters loop = scene.metrics.addLoop(() -> 0);
    loop.request(Way.LOCAL, CommandLabel.GET);
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Long> counting =
        CompletableFuture.supplyAsync(() -> count(loop, stop), threads);
    List<CompletableFuture<List<Double>>> scrapers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      scrapers.add(CompletableFuture.supplyAsync(() -> scrapeManyTimes(20), threads));
    }
    for (CompletableFuture<List<Double>> scraper : scrapers) {
      assertThat(scraper.get()).hasSize(20).isSorted();
    }
    stop.set(true);
    double counted = 1.0 + counting.get();
    assertThat(scrapeManyTimes(1)).containsExactly(counted);
  }

  @Test
  void everythingRunsOnOneThreadOfItsOwn() throws Exception {
    List<String> names = new CopyOnWriteArrayList<>();
    scene.metrics.gauge(
        Metric.CLIENTS,
        () -> {
          names.add(Thread.currentThread().getName());
          return 0;
        });
    scene.get("/metrics");
    try (RawHttp another = scene.raw()) {
      another.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").reply();
    }

    assertThat(names).containsExactly("nearside-http", "nearside-http");
  }

  @Test
  void aTakenPort_isSaidPlainly() throws Exception {
    Address taken = new Address("127.0.0.1", scene.server.address().getPort());

    assertThatIOException()
        .isThrownBy(() -> AdminServer.start(taken, scene.sources, AdminLimits.DEFAULT))
        .withMessageStartingWith("cannot listen on " + taken);
  }

  @Test
  void aUnixSocket_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> AdminServer.start(new Address("/run/x", -1), scene.sources, AdminLimits.DEFAULT))
        .withMessageContaining("unix:/run/x");
  }

  @Test
  void close_closesConnections_andFreesThePort() throws Exception {
    try (RawHttp client = scene.raw()) {
      client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").reply();
      scene.server.close();
      client.awaitClose();
    }
    assertThatIOException().isThrownBy(() -> scene.raw().close());
  }

  private List<Double> scrapeManyTimes(int times) {
    List<Double> seen = new ArrayList<>();
    try {
      for (int i = 0; i < times; i++) {
        Exposition scrape = Exposition.parse(scene.get("/metrics").body());
        seen.add(scrape.value("nearside_requests_total", "way", "local", "command", "get"));
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return seen;
  }

  private static long count(LoopCounters loop, AtomicBoolean stop) {
    long counted = 0;
    while (!stop.get()) {
      loop.request(Way.LOCAL, CommandLabel.GET);
      loop.latency(Way.LOCAL, 1_500);
      counted++;
    }
    return counted;
  }

  private static JsonNode json(HttpResponse<String> response) throws Exception {
    return JSON.readTree(response.body());
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }
}

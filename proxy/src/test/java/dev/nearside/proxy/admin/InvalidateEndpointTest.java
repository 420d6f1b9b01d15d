package dev.nearside.proxy.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LookupKey;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InvalidateEndpointTest {
  private static final String PATH = "/v1/invalidate";

  private AdminScene scene;

  @BeforeEach
  void start() throws IOException {
    scene = new AdminScene();
    for (String name : new String[] {"a:1", "a:2", "\u00e9"}) {
      LookupKey key = new LookupKey().set(0, name.getBytes(StandardCharsets.UTF_8));
      Entry token = scene.local.token(key, 0, 0, new Flight(System.nanoTime()));
      scene.local.begin(token);
    }
  }

  @AfterEach
  void stop() {
    scene.close();
  }

  private HttpResponse<String> post(String body, String... headers) throws Exception {
    var request = scene.request(PATH).POST(BodyPublishers.ofString(body));
    return scene.send(headers.length == 0 ? request : request.headers(headers));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"keys\":[\"a:1\",\"\u00e9\"]}               | 2",
        "{\"scope\":\"local\",\"prefix\":\"a:\"}       | 2",
        "{\"prefix\":\"\"}                             | 3",
        "{\"pattern\":\"a:[^1]\",\"scope\":\"local\"}  | 1"
      })
  void post_aBody_removesWhatItNames(String body, int removed) throws Exception {
    HttpResponse<String> response = post(body);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body().replaceAll("\\s", ""))
        .isEqualTo("{\"removed\":" + removed + ",\"scope\":\"local\"}");
    assertThat(scene.local.entries()).isEqualTo(3 - removed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                     | the body is no JSON object",
        "keys                                   | the body is no JSON;",
        "[\"a\"]                                | the body is no JSON object",
        "{}                                     | there are 0 things to forget",
        "{\"scope\":\"local\"}                  | there are 0 things to forget",
        "{\"keys\":[\"a\"],\"prefix\":\"b\"}    | there are 2 things to forget",
        "{\"key\":\"a\"}                        | \"key\" is unknown",
        "{\"keys\":[]}                          | \"keys\" is no list of one or more texts",
        "{\"keys\":\"a\"}                       | \"keys\" is no list of one or more texts",
        "{\"keys\":[1]}                         | \"keys\" has NUMBER where a text belongs",
        "{\"prefix\":null}                      | \"prefix\" has NULL where a text belongs",
        "{\"tag\":[\"a\"]}                      | \"tag\" has ARRAY where a text belongs",
        "{\"scope\":\"all\",\"prefix\":\"a\"}   | \"scope\" is \"all\", not"
      })
  void post_aWrongBody_saysWhatIsWrongAndRemovesNothing(String body, String why) throws Exception {
    HttpResponse<String> response = post(body);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(Replies.JSON.readTree(response.body()).at("/why").asText())
        .startsWith(why)
        .contains("expected {\"scope\":");
    assertThat(scene.local.entries()).isEqualTo(3);
  }

  @Test
  void post_byAWebPage_isRefused() throws Exception {
    HttpResponse<String> response = post("{\"prefix\":\"\"}", "Origin", "https://evil.example");
    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(scene.local.entries()).isEqualTo(3);
  }

  @Test
  void post_ofTheFleetThatCannotBeTold_saysSoAndHasDoneItHere() throws Exception {
    HttpResponse<String> response = post("{\"scope\":\"fleet\",\"prefix\":\"a\"}");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).contains("TRYAGAIN invalidated here only: ");
    assertThat(scene.local.entries()).isEqualTo(1);
  }

  @Test
  void get_isNotAllowed() throws Exception {
    HttpResponse<String> response = scene.get(PATH);
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("Allow")).contains("POST");
  }

  @Test
  void requests_onOneConnection_areAnsweredInOrder() throws Exception {
    try (RawHttp client = scene.raw()) {
      String body = "{\"prefix\":\"a:\"}";
      client.send(
          "POST /v1/invalidate HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body
              + "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      assertThat(client.reply().body()).contains("\"removed\" : 2");
      assertThat(client.reply().status()).isEqualTo(200);
    }
  }
}

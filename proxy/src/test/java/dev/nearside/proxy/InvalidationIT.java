package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.FleetScene.Member;
import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Invalidation on request, of one sidecar. The values in Redis do not change. */
class InvalidationIT {
  private static FleetScene fleet;
  private static Member member;

  @BeforeAll
  static void start() throws IOException {
    fleet = new FleetScene();
    member = fleet.join();
    fleet.direct.call("ACL", "SETUSER", "bob", "on", ">pw", "allkeys", "allchannels", "+@all");
  }

  @AfterAll
  static void stop() throws IOException {
    fleet.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "KEY user:1 user:2 none        | 2",
        "LOCAL KEY user:1 user:2 LOCAL | 2",
        "local prefix user:            | 2",
        "PREFIX ''                     | 4",
        "PATTERN user:[12]             | 2",
        "PATTERN *:?                   | 3",
        "TAG user                      | 2",
        "TAG account:1                 | 1",
        "TAG everybody region:eu       | 3",
        "TAG region:us order:eu:7      | 0"
      })
  void invalidate_whatIsHeld_isNoLongerLocal(String asked, int removed) throws IOException {
    String[] keys = {"user:1", "user:2", "order:eu:7", "plain"};
    member.call("NEARSIDE.INVALIDATE", "PREFIX", "");
    fleet.holdEverywhere(keys);
    double before = member.invalidations("request");
    String line = "NEARSIDE.INVALIDATE " + asked.strip();
    String[] args = line.replace("''", "").split(" ", -1);
    assertThat(member.call(args)).isEqualTo(":" + removed + "\r\n");
    assertThat(member.invalidations("request") - before).isEqualTo(removed);
    int local = 0;
    for (String key : keys) {
      local += member.readsLocally(key) ? 1 : 0;
    }
    assertThat(local).isEqualTo(keys.length - removed);
  }

  @Test
  void invalidate_ofOneKey_makesItsNextReadGoUpstreamAndNoOther() throws IOException {
    fleet.holdEverywhere("a", "b");
    assertThat(member.call("NEARSIDE.INVALIDATE", "KEY", "a")).isEqualTo(":1\r\n");
    assertThat(member.readsLocally("a")).isFalse();
    assertThat(member.readsLocally("b")).isTrue();
    assertThat(member.call("GET", "a")).isEqualTo(CoherenceScene.bulk("value of a"));
  }

  @Test
  void invalidate_ofVeryManyKeys_findsThoseThatAreHeld() throws IOException {
    fleet.holdEverywhere("v:0", "v:2999");
    List<String> args = new ArrayList<>(List.of("NEARSIDE.INVALIDATE", "FLEET", "KEY"));
    for (int i = 0; i < 3_000; i++) {
      args.add("v:" + i);
    }
    assertThat(member.call(args.toArray(String[]::new))).isEqualTo(":2\r\n");
    args.remove("FLEET");
    member.hold("v:0", "v:2999");
    assertThat(member.call(args.toArray(String[]::new))).isEqualTo(":2\r\n");
    assertThat(member.readsLocally("v:0")).isFalse();
  }

  @Test
  void invalidate_pipelined_isDoneBeforeTheReadBehindIt() throws IOException {
    fleet.holdEverywhere("a");
    double before = member.sidecar.metric(CoherenceScene.LOCAL_GETS);
    member
        .client
        .send("GET", "a")
        .send("NEARSIDE.INVALIDATE", "PREFIX", "a")
        .send("GET", "a")
        .send("PING");
    assertThat(member.client.reply()).isEqualTo(CoherenceScene.bulk("value of a"));
    assertThat(member.client.reply()).isEqualTo(":1\r\n");
    assertThat(member.client.reply()).isEqualTo(CoherenceScene.bulk("value of a"));
    assertThat(member.client.reply()).isEqualTo("+PONG\r\n");
    assertThat(member.sidecar.metric(CoherenceScene.LOCAL_GETS) - before).isEqualTo(1);
  }

  @Test
  void invalidate_inEveryLocalDatabase_isDone() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("upstream.local-databases=[0,1]");
        RespClient client = scene.client();
        RespClient other = scene.client()) {
      other.call("SELECT", "1");
      scene.direct.call("SET", "k", "0");
      scene.direct.call("SELECT", "1");
      scene.direct.call("SET", "k", "1");
      scene.holdAsIs(client, "k");
      scene.holdAsIs(other, "k");
      assertThat(client.call("NEARSIDE.INVALIDATE", "KEY", "k")).isEqualTo(":2\r\n");
      scene.holdAsIs(client, "k");
      scene.holdAsIs(other, "k");
      assertThat(client.call("NEARSIDE.INVALIDATE", "PATTERN", "?")).isEqualTo(":2\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"KEY k", "PREFIX k", "PATTERN [k]"})
  void invalidate_aFillUnderWay_isNotPublished(String what) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient reader = scene.client();
        RespClient asker = scene.client()) {
      scene.direct.call("SET", "k", "v");
      scene.hop.delay(DelayingHop.Side.TRACKED, 300);
      reader.send("GET", "k");
      Waiting.until(
          "the fill is under way", () -> scene.sidecar.metric("nearside_fills_started_total") == 1);
      assertThat(asker.call(("NEARSIDE.INVALIDATE " + what).split(" "))).isEqualTo(":1\r\n");
      assertThat(reader.reply()).isEqualTo(CoherenceScene.bulk("v"));
      Waiting.until(
          "it is counted as killed",
          () -> scene.sidecar.metric("nearside_fills_total{result=\"killed\"}") == 1);
      scene.hop.delay(DelayingHop.Side.TRACKED, 0);
      assertThat(scene.localGets()).isZero();
      assertThat(asker.call("GET", "k")).isEqualTo(CoherenceScene.bulk("v"));
      assertThat(scene.localGets()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"KEY k", "PREFIX k"})
  void invalidate_aReadThatOthersShare_isJoinedByNobodyAnyMore(String what) throws IOException {
    String relayed = "nearside_requests_total{way=\"relay\",command=\"get\"}";
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient first = scene.client();
        RespClient before = scene.client();
        RespClient behind = scene.client();
        RespClient asker = scene.client()) {
      scene.direct.call("SET", "k", "v");
      scene.direct.call("ACL", "SETUSER", "default", "-client|tracking");
      scene.hop.cut(DelayingHop.Side.TRACKED);
      Waiting.until("L1 is closed", () -> !scene.shard().isOpen());
      first.call("PING");
      scene.hop.delay(DelayingHop.Side.OTHERS, 400);
      first.send("GET", "k");
      Waiting.until("it is relayed", () -> scene.sidecar.metric(relayed) == 1);
      before.send("GET", "k");
      Waiting.until("it is shared", () -> scene.sidecar.metric("nearside_reads_shared_total") == 1);
      asker.call(("NEARSIDE.INVALIDATE " + what).split(" "));
      behind.send("GET", "k");
      Waiting.until("it is relayed by itself", () -> scene.sidecar.metric(relayed) == 2);
      assertThat(behind.reply()).isEqualTo(CoherenceScene.bulk("v"));
      assertThat(first.reply()).isEqualTo(CoherenceScene.bulk("v"));
      assertThat(before.reply()).isEqualTo(CoherenceScene.bulk("v"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "KEY",
        "LOCAL",
        "LOCAL FLEET KEY a",
        "a",
        "PREFIX a b",
        "PATTERN",
        "PATTERN a b",
        "TAG",
        "KEYS a"
      })
  void invalidate_inAnotherForm_isRefused(String asked) throws IOException {
    String[] args = ("NEARSIDE.INVALIDATE " + asked).strip().split(" ");
    assertThat(member.call(args)).startsWith("-ERR NEARSIDE.INVALIDATE takes [LOCAL|FLEET] ");
  }

  @Test
  void invalidate_byAPatternThatIsTooLong_isRefused() throws IOException {
    assertThat(member.call("NEARSIDE.INVALIDATE", "PATTERN", "x".repeat(4097)))
        .isEqualTo("-ERR the pattern has 4097 bytes; expected at most 4096\r\n");
  }

  @Test
  void invalidate_above64KiB_isRefusedByTheSidecar() throws IOException {
    try (RespClient client = member.sidecar.connect()) {
      assertThat(client.call("NEARSIDE.INVALIDATE", "KEY", "x".repeat(70_000)))
          .isEqualTo("-ERR a command of the sidecar itself is at most 64 KiB long\r\n");
    }
  }

  @Test
  void commands_ofAnotherUser_areRefusedAndDoNothing() throws IOException {
    fleet.holdEverywhere("a");
    try (RespClient bob = member.sidecar.connect()) {
      bob.call("AUTH", "bob", "pw");
      assertThat(bob.call("NEARSIDE.INVALIDATE", "KEY", "a"))
          .isEqualTo("-NOPERM only the user of the sidecar itself may use NEARSIDE.INVALIDATE\r\n");
      assertThat(bob.call("NEARSIDE.TAG", "a", "t")).startsWith("-NOPERM ");
    }
    assertThat(member.readsLocally("a")).isTrue();
    assertThat(fleet.direct.call("EXISTS", "nearside:tag:t")).isEqualTo(":0\r\n");
  }

  @Test
  void tag_again_isNotNewAndRenewsTheExpiry() throws IOException {
    fleet.direct.call("SET", "k", "v");
    assertThat(member.call("NEARSIDE.TAG", "k", "t1", "t2")).isEqualTo(":2\r\n");
    fleet.direct.call("EXPIRE", "nearside:tag:t1", "100");
    assertThat(member.call("NEARSIDE.TAG", "k", "t1", "t3")).isEqualTo(":1\r\n");
    assertThat(fleet.direct.call("SMEMBERS", "nearside:tag:t1"))
        .isEqualTo("*1\r\n" + CoherenceScene.bulk("k"));
    String ttl = fleet.direct.call("TTL", "nearside:tag:t1");
    assertThat(Integer.parseInt(ttl.substring(1).strip())).isBetween(86_000, 86_400);
    assertThat(member.call("NEARSIDE.TAG", "k")).startsWith("-ERR NEARSIDE.TAG takes ");
  }

  @Test
  void invalidate_byATagOfManyKeys_findsAllOfThem() throws IOException {
    for (int i = 0; i < 2_000; i++) {
      fleet.direct.call("SADD", "nearside:tag:many", "m:" + i);
    }
    fleet.holdEverywhere("m:0", "m:999", "m:1999", "n:0");
    assertThat(member.call("NEARSIDE.INVALIDATE", "TAG", "many")).isEqualTo(":3\r\n");
    assertThat(member.readsLocally("n:0")).isTrue();
  }

  @Test
  void invalidate_byATagThatIsOtherwiseAKey_saysWhatWasNotDone() throws IOException {
    fleet.holdEverywhere("user:1");
    fleet.direct.call("SET", "nearside:tag:user", "no set");
    assertThat(member.call("NEARSIDE.INVALIDATE", "TAG", "user"))
        .startsWith("-TRYAGAIN invalidated only by the tags of namespaces: ")
        .contains("WRONGTYPE");
    assertThat(member.readsLocally("user:1")).isFalse();
    fleet.direct.call("DEL", "nearside:tag:user");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"keys\":[\"user:1\",\"none\"]}             | 1 | local",
        "{\"scope\":\"local\",\"prefix\":\"user:\"}   | 2 | local",
        "{\"scope\":\"fleet\",\"pattern\":\"user:?\"} | 2 | fleet",
        "{\"tag\":\"account:2\"}                      | 1 | local"
      })
  void post_invalidate_answersLikeTheCommand(String body, int removed, String scope)
      throws Exception {
    fleet.holdEverywhere("user:1", "user:2");
    HttpResponse<String> reply = post(body);
    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(reply.body().replaceAll("\\s", ""))
        .isEqualTo("{\"removed\":" + removed + ",\"scope\":\"" + scope + "\"}");
    int local = 0;
    local += member.readsLocally("user:1") ? 1 : 0;
    local += member.readsLocally("user:2") ? 1 : 0;
    assertThat(local).isEqualTo(2 - removed);
  }

  @Test
  void requests_byScope_areCounted() throws Exception {
    String local = "nearside_invalidation_requests_total{scope=\"local\"}";
    String wide = "nearside_invalidation_requests_total{scope=\"fleet\"}";
    double localBefore = member.sidecar.metric(local);
    double wideBefore = member.sidecar.metric(wide);
    member.call("NEARSIDE.INVALIDATE", "KEY", "a");
    post("{\"prefix\":\"none\"}");
    member.call("NEARSIDE.INVALIDATE", "FLEET", "KEY", "a");
    assertThat(member.sidecar.metric(local) - localBefore).isEqualTo(2);
    assertThat(member.sidecar.metric(wide) - wideBefore).isEqualTo(1);
  }

  private static HttpResponse<String> post(String body) throws Exception {
    int port = member.sidecar.proxy().httpPort();
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/invalidate"))
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }
}

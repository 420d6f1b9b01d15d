package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What NEARSIDE.EXPLAIN says is what a GET then does. */
class ExplainIT {
  private static final List<String> FIELDS =
      List.of(
          "answer",
          "reason",
          "tier",
          "age-ms",
          "expires-in-ms",
          "bytes",
          "compressed",
          "nil",
          "stale-if-error-ms",
          "generation",
          "epoch",
          "fences",
          "namespace",
          "strict",
          "tags",
          "database");

  private static CoherenceScene scene;

  @BeforeAll
  static void start() throws IOException {
    scene = new CoherenceScene(FleetScene.YAML, "l1.max-entry=8KiB", "l1.compress-above=1KiB");
  }

  @AfterAll
  static void stop() throws IOException {
    scene.close();
  }

  /** Asks in RESP2, and returns the values by their names; null is "null", a list its elements. */
  private static Map<String, String> explain(RespClient client, String key) throws IOException {
    List<String> lines = new ArrayList<>(client.call("NEARSIDE.EXPLAIN", key).lines().toList());
    assertThat(lines.removeFirst()).isEqualTo("*" + 2 * FIELDS.size());
    Map<String, String> values = new HashMap<>();
    for (String field : FIELDS) {
      assertThat(value(lines)).isEqualTo(field);
      values.put(field, value(lines));
    }
    assertThat(lines).isEmpty();
    return values;
  }

  private static String value(List<String> lines) {
    String head = lines.removeFirst();
    return switch (head.charAt(0)) {
      case ':' -> head.substring(1);
      case '*' -> {
        List<String> elements = new ArrayList<>();
        for (int i = Integer.parseInt(head.substring(1)); i > 0; i--) {
          elements.add(value(lines));
        }
        yield String.join(" ", elements);
      }
      default -> head.equals("$-1") ? "null" : lines.removeFirst();
    };
  }

  private static String reason(RespClient client, String key) throws IOException {
    Map<String, String> said = explain(client, key);
    return said.get("answer") + " " + said.get("reason");
  }

  /** Waits until L1 has caught up with what the client has seen. */
  private static void awaitLocal(RespClient client, String key) {
    Waiting.until("it is local", () -> reason(client, key).equals("local null"));
  }

  @Test
  void explain_ofWhatIsHeld_tellsAllOfIt() throws IOException {
    try (RespClient client = scene.client()) {
      scene.direct.call("SET", "user:7", "value", "EX", "100");
      scene.holdAsIs(client, "user:7");
      awaitLocal(client, "user:7");
      Map<String, String> said = explain(client, "user:7");
      assertThat(said)
          .containsEntry("tier", "l1")
          .containsEntry("bytes", "11")
          .containsEntry("compressed", "0")
          .containsEntry("nil", "0")
          .containsEntry("generation", "1")
          .containsEntry("fences", "0")
          .containsEntry("namespace", "user")
          .containsEntry("tags", "user account:7 everybody")
          .containsEntry("database", "0");
      assertThat(Long.parseLong(said.get("age-ms"))).isBetween(0L, 60_000L);
      assertThat(Long.parseLong(said.get("expires-in-ms"))).isBetween(30_000L, 100_000L);
      double local = scene.localGets();
      client.call("GET", "user:7");
      assertThat(scene.localGets() - local).isEqualTo(1);
    }
  }

  @Test
  void explain_ofACompressedValueAndOfNil_saysSo() throws IOException {
    try (RespClient client = scene.client()) {
      scene.hold(client, "long", "x".repeat(2_000));
      scene.holdAsIs(client, "none");
      assertThat(explain(client, "long"))
          .containsEntry("compressed", "1")
          .containsEntry("bytes", "2009")
          .containsEntry("namespace", "null")
          .containsEntry("tags", "");
      assertThat(explain(client, "none")).containsEntry("nil", "1").containsEntry("bytes", "0");
    }
  }

  @Test
  void explain_inResp3_isAMap() throws IOException {
    try (RespClient client = scene.client()) {
      client.call("HELLO", "3");
      assertThat(client.call("NEARSIDE.EXPLAIN", "x"))
          .startsWith("%" + FIELDS.size() + "\r\n$6\r\nanswer\r\n$6\r\nflight\r\n")
          .contains("$6\r\nage-ms\r\n_\r\n");
    }
  }

  @Test
  void explain_again_changesNothing() throws IOException {
    try (RespClient client = scene.client()) {
      double entries = scene.sidecar.metric("nearside_l1_entries");
      double misses = scene.sidecar.metric("nearside_misses_total{tier=\"l1\",namespace=\"none\"}");
      for (int i = 0; i < 5; i++) {
        assertThat(reason(client, "never-read")).isEqualTo("flight not-held");
      }
      assertThat(scene.sidecar.metric("nearside_l1_entries")).isEqualTo(entries);
      assertThat(scene.sidecar.metric("nearside_misses_total{tier=\"l1\",namespace=\"none\"}"))
          .isEqualTo(misses);
      assertThat(client.call("NEARSIDE.EXPLAIN"))
          .isEqualTo("-ERR NEARSIDE.EXPLAIN takes a key, or QUERY name [arg ...]\r\n");
    }
  }

  @Test
  void explain_ofAnExpiredEntry_leavesItThere() throws IOException {
    try (RespClient client = scene.client()) {
      scene.direct.call("SET", "short", "v", "PX", "300");
      client.call("GET", "short");
      Waiting.until("it is over", () -> reason(client, "short").endsWith(" expired"));
      assertThat(reason(client, "short")).isEqualTo("flight expired");
    }
  }

  @Test
  void explain_ofWhatTheConnectionIs_saysIt() throws IOException {
    try (RespClient client = scene.client();
        RespClient watcher = scene.client();
        RespClient tracker = scene.client();
        RespClient subscriber = scene.client();
        RespClient elsewhere = scene.client()) {
      client.call("MULTI");
      assertThat(reason(client, "k")).isEqualTo("relayed transaction");
      watcher.call("WATCH", "w");
      assertThat(reason(watcher, "k")).isEqualTo("relayed watching");
      tracker.call("HELLO", "3");
      tracker.call("CLIENT", "TRACKING", "ON");
      assertThat(tracker.call("NEARSIDE.EXPLAIN", "k")).contains("\r\ntracking\r\n");
      subscriber.call("HELLO", "3");
      subscriber.call("SUBSCRIBE", "c");
      assertThat(subscriber.call("NEARSIDE.EXPLAIN", "k")).contains("\r\nsubscriber\r\n");
      elsewhere.call("SELECT", "5");
      assertThat(reason(elsewhere, "k")).isEqualTo("relayed other-database");
    }
  }

  @Test
  void explain_toAnotherUser_tellsNothingOfTheKey() throws IOException {
    scene.direct.call("ACL", "SETUSER", "bob", "on", ">pw", "~nothing", "+@all");
    try (RespClient client = scene.client();
        RespClient bob = scene.client()) {
      scene.hold(client, "secret", "value");
      bob.call("AUTH", "bob", "pw");
      assertThat(explain(bob, "secret"))
          .containsEntry("answer", "relayed")
          .containsEntry("reason", "other-user")
          .containsEntry("bytes", "null")
          .containsEntry("nil", "null")
          .containsEntry("age-ms", "null");
    }
  }

  @Test
  void explain_ofAFillUnderWay_saysSo() throws IOException {
    try (RespClient client = scene.client();
        RespClient reader = scene.client()) {
      scene.hop.delay(DelayingHop.Side.TRACKED, 200);
      reader.send("GET", "flying");
      Waiting.until("it flies", () -> reason(client, "flying").equals("flight in-flight"));
      scene.hop.delay(DelayingHop.Side.TRACKED, 0);
      reader.reply();
    }
  }

  @Test
  void explain_ofAKeyBeingWritten_isFenced() throws IOException {
    try (RespClient client = scene.client();
        RespClient writer = scene.client()) {
      scene.hop.delay(DelayingHop.Side.OTHERS, 200);
      writer.send("SET", "written", "v");
      Waiting.until("it is fenced", () -> reason(client, "written").equals("relayed fenced"));
      assertThat(explain(client, "other").get("fences")).isEqualTo("1");
      scene.hop.delay(DelayingHop.Side.OTHERS, 0);
      writer.reply();
    }
  }

  @Test
  void explain_ofATooLargeValue_saysSo() throws IOException {
    try (RespClient client = scene.client()) {
      scene.direct.call("SET", "huge", "x".repeat(20_000));
      client.call("GET", "huge");
      assertThat(reason(client, "huge")).isEqualTo("relayed too-large");
    }
  }

  @Test
  void explain_beforeAKeysSecondRequest_isNotAdmitted() throws IOException {
    try (CoherenceScene own = CoherenceScene.start("l1.admission-window=60s");
        RespClient client = own.client()) {
      assertThat(reason(client, "k")).isEqualTo("relayed not-admitted");
      assertThat(reason(client, "k")).isEqualTo("relayed not-admitted");
      client.call("GET", "k");
      assertThat(reason(client, "k")).isEqualTo("flight not-held");
    }
  }

  @Test
  void explain_whileL1IsClosedOrOff_saysWhy() throws IOException {
    try (CoherenceScene own = CoherenceScene.start();
        RespClient client = own.client()) {
      own.hold(client, "k", "v");
      client.call("NEARSIDE.L1", "OFF");
      assertThat(reason(client, "k")).isEqualTo("relayed l1-off");
      client.call("NEARSIDE.L1", "ON");
      own.holdAsIs(client, "k");
      own.hop.stallTracked(true);
      Waiting.until("it is stale or closed", () -> reason(client, "k").startsWith("relayed "));
      Waiting.until("it is closed", () -> reason(client, "k").startsWith("relayed closed: "));
      own.hop.stallTracked(false);
    }
  }

  @Test
  void explain_behindWhatTheConnectionHasSeen_saysSo() throws IOException {
    try (CoherenceScene own = CoherenceScene.start("coherence.heartbeat=900ms");
        RespClient client = own.client()) {
      own.hold(client, "k", "v");
      Waiting.until(
          "it is behind",
          () -> {
            client.call("GET", "unread:" + System.nanoTime());
            client.call("STRLEN", "other");
            return reason(client, "k").equals("local behind");
          });
      awaitLocal(client, "k");
    }
  }
}

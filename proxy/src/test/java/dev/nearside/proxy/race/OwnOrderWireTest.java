package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DirectedUpstream.Exchange;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reads that L1 could answer, behind what their own connection has asked before. */
@Timeout(60)
class OwnOrderWireTest {
  @Test
  void readBehindAnUnansweredScript_isExecutedAfterIt() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      client.send("EVAL", "return 1", "0");
      client.send("GET", "k");
      Exchange script = scene.upstream.await(Role.RELAY, "EVAL", "return 1", "0");
      Exchange read = scene.upstream.await(Role.RELAY, "GET", "k");
      script.reply(":1\r\n");
      read.reply(bulk("new"));
      assertThat(client.reply()).isEqualTo(":1\r\n");
      assertThat(client.reply()).isEqualTo(bulk("new"));
    }
  }

  @Test
  void readBehindAnUnansweredReadOfItsKey_isExecutedAfterIt() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      client.send("STRLEN", "k");
      client.send("GET", "k");
      Exchange length = scene.upstream.await(Role.RELAY, "STRLEN", "k");
      Exchange read = scene.upstream.await(Role.RELAY, "GET", "k");
      length.reply(":5\r\n");
      read.reply(bulk("newer"));
      assertThat(client.reply()).isEqualTo(":5\r\n");
      assertThat(client.reply()).isEqualTo(bulk("newer"));
    }
  }

  @Test
  void readAfterWatch_isTheUpstreams() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      client.send("WATCH", "k");
      scene.upstream.await(Role.RELAY, "WATCH", "k").reply("+OK\r\n");
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      scene.isRelayed(client, "k", "new");
    }
  }

  @Test
  void readInsideMulti_isQueued() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      client.send("MULTI");
      scene.upstream.await(Role.RELAY, "MULTI").reply("+OK\r\n");
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      client.send("GET", "k");
      scene.upstream.await(Role.RELAY, "GET", "k").reply("+QUEUED\r\n");
      assertThat(client.reply()).isEqualTo("+QUEUED\r\n");
    }
  }

  @Test
  void writeBehindAReadThatIsTriedAgain_isExecutedAfterIt() throws IOException {
    try (RaceScene scene = RaceScene.start("l1.mode=off", "upstream.retry-reads-for=1h");
        RespClient client = scene.client()) {
      client.send("GET", "a");
      client.send("SET", "b", "1");
      scene.upstream.await(Role.RELAY, "GET", "a").reply(bulk("1"));
      scene.upstream.await(Role.RELAY, "SET", "b", "1").reply("+OK\r\n");
      assertThat(client.reply()).isEqualTo(bulk("1"));
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      client.send("GET", "k"); // on the lane of writes, because it mixes kinds
      scene.upstream.await(Role.RELAY, "GET", "k").wire().cut();
      scene.awaitMetric("nearside_retries_total{what=\"redis\"}", 1); // else both were lost
      client.send("SET", "k", "mine");
      Exchange again = scene.upstream.await(Role.RELAY, "GET", "k");
      again.reply(bulk("old")); // a write that came while the read waited has waited for this
      Exchange write = scene.upstream.await(Role.RELAY, "SET", "k", "mine");
      assertThat(scene.upstream.cameBefore(again, write)).isTrue();
      write.reply("+OK\r\n");
      assertThat(client.reply()).isEqualTo(bulk("old"));
      assertThat(client.reply()).isEqualTo("+OK\r\n");
    }
  }

  @Test
  void writeBehindAReadThatWasSentAgain_goesDownTheSameLane() throws IOException {
    try (RaceScene scene = RaceScene.start("l1.mode=off", "upstream.retry-reads-for=1h");
        RespClient client = scene.client()) {
      client.send("GET", "a");
      client.send("SET", "b", "1");
      scene.upstream.await(Role.RELAY, "GET", "a").reply(bulk("1"));
      scene.upstream.await(Role.RELAY, "SET", "b", "1").reply("+OK\r\n");
      assertThat(client.reply()).isEqualTo(bulk("1"));
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      client.send("GET", "k");
      scene.upstream.await(Role.RELAY, "GET", "k").wire().cut();
      Exchange again = scene.upstream.await(Role.RELAY, "GET", "k");
      client.send("SET", "k", "mine");
      Exchange write = scene.upstream.await(Role.RELAY, "SET", "k", "mine");
      assertThat(write.wire()).isSameAs(again.wire());
      again.reply(bulk("old"));
      write.reply("+OK\r\n");
      assertThat(client.reply()).isEqualTo(bulk("old"));
      assertThat(client.reply()).isEqualTo("+OK\r\n");
    }
  }
}

package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An MGET that is read key by key is kept until all of it is here: no more than for any reply. */
class GatheredLimitIT {
  private static final String CLOSED = "nearside_clients_closed_total{reason=\"unread-replies\"}";

  private RedisServer redis;
  private Sidecar sidecar;
  private RespClient client;

  @BeforeEach
  void start() throws IOException {
    redis = RedisServer.start();
    sidecar =
        Sidecar.inFrontOf(redis.port(), "l1.mget=merge", "limits.max-output=1MiB").awaitReady();
    client = sidecar.connect();
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    sidecar.close();
    redis.close();
  }

  @Test
  void elementsWithinMaxOutput_areAnswered() throws IOException {
    String value = "v".repeat(200 * 1024);
    client.call("MSET", "a", value, "b", value);
    String element = "$" + value.length() + "\r\n" + value + "\r\n";
    assertThat(client.call("MGET", "a", "b", "none"))
        .isEqualTo("*3\r\n" + element.repeat(2) + "$-1\r\n");
  }

  @Test
  void elementsOverMaxOutput_closeTheClient() throws IOException {
    String value = "v".repeat(400 * 1024);
    client.call("MSET", "a", value, "b", value, "c", value, "d", value);
    client.send("MGET", "a", "b", "c", "d");
    assertThat(client.isClosed()).isTrue();
    assertThat(sidecar.metric(CLOSED)).isEqualTo(1);
  }

  @Test
  void oneElementOverMaxOutput_closesTheClientBeforeItIsWhole() throws IOException {
    client.call("MSET", "a", "v".repeat(8 * 1024 * 1024), "b", "small");
    client.send("MGET", "a", "b");
    assertThat(client.isClosed()).isTrue();
    assertThat(sidecar.metric(CLOSED)).isEqualTo(1);
  }
}

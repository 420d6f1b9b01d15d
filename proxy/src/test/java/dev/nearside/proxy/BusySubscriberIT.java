package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A subscriber to whom messages come faster than the barrier lets them go: there is never a moment
 * without one that waits, and its requests are answered all the same.
 */
class BusySubscriberIT {
  private static final int DELAY_MS = 20;
  private static final int GAP_MS = 2;

  /** Those of a second; a few rounds of the barrier let less than a tenth of them go. */
  private static final int MOST_MESSAGES = 500;

  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private CoherenceScene scene;

  @BeforeEach
  void start() throws IOException {
    scene = CoherenceScene.start();
    scene.hop.delay(DelayingHop.Side.TRACKED, DELAY_MS);
    clock.scheduleWithFixedDelay(this::publish, 0, GAP_MS, TimeUnit.MILLISECONDS);
  }

  @AfterEach
  void stop() throws IOException, InterruptedException {
    stopPublishing();
    scene.close();
  }

  private void stopPublishing() throws InterruptedException {
    clock.shutdown();
    assertThat(clock.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
  }

  private void publish() {
    try {
      scene.direct.call("PUBLISH", "channel", "m");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private RespClient subscriber(String protocol) throws IOException {
    RespClient client = scene.client();
    client.call("HELLO", protocol);
    client.call("SUBSCRIBE", "channel");
    for (int i = 0; i < 2 * DELAY_MS / GAP_MS; i++) {
      assertThat(client.reply()).contains("message");
    }
    return client;
  }

  /** Returns the next reply that is no message. */
  private static String answer(RespClient client) throws IOException {
    for (int i = 0; i < MOST_MESSAGES; i++) {
      String reply = client.reply();
      if (!reply.contains("message")) {
        return reply;
      }
    }
    throw new AssertionError("only messages");
  }

  @ParameterizedTest
  @CsvSource({"3,MULTI,+OK", "3,RESET,+RESET", "2,RESET,+RESET", "2,MULTI,-ERR Can't execute"})
  void request_thatWaitsForReplies_isAnswered(String protocol, String request, String reply)
      throws IOException {
    try (RespClient client = subscriber(protocol)) {
      client.send(request);
      assertThat(answer(client)).startsWith(reply);
    }
  }

  @Test
  void transaction_runs() throws IOException {
    try (RespClient client = subscriber("3")) {
      client.send("MULTI").send("SET", "k", "v").send("GET", "k").send("EXEC").send("GET", "k");
      assertThat(answer(client)).isEqualTo("+OK\r\n");
      assertThat(answer(client)).isEqualTo("+QUEUED\r\n");
      assertThat(answer(client)).isEqualTo("+QUEUED\r\n");
      assertThat(answer(client)).isEqualTo("*2\r\n+OK\r\n$1\r\nv\r\n");
      assertThat(answer(client)).isEqualTo("$1\r\nv\r\n");
    }
  }

  @Test
  void brokenFraming_isRefusedAndEndsTheConnection() throws IOException {
    try (RespClient client = subscriber("3")) {
      client.sendRaw("*1\r\n!\r\n");
      assertThat(answer(client)).startsWith("-ERR Protocol error");
      assertThat(client.rest().split("message", -1)).hasSizeLessThan(MOST_MESSAGES);
    }
  }

  @Test
  void message_heldWhenTheUpstreamCloses_arrives() throws Exception {
    try (RespClient client = subscriber("3")) {
      stopPublishing();
      scene.awaitRest();
      scene.hop.stallTracked(true);
      scene.direct.call("PUBLISH", "channel", "last");
      Waiting.until("it is held", () -> scene.shard().barrier().waiting() == 1);
      scene.hop.cut(DelayingHop.Side.OTHERS);
      Waiting.until(
          "the client's own connection is closed",
          () -> scene.sidecar.metric("nearside_upstream_connections{kind=\"pinned\"}") == 0);
      scene.hop.stallTracked(false);
      assertThat(client.rest()).endsWith("$4\r\nlast\r\n");
    }
  }
}

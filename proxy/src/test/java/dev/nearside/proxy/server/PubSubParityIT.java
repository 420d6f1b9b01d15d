package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Twins.Pair;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Publish and subscribe beyond one subscription: many, large, mixed with traffic, ended by force.
 */
class PubSubParityIT {
  @RegisterExtension private static final SharedTwins twins = new SharedTwins();

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void messages_manyAndLarge_arriveWholeAndInOrder(int protocol) throws IOException {
    assumeThat(twins.knows("SPUBLISH")).isTrue();
    try (Pair subscriber = twins.connect(protocol);
        Pair publisher = twins.connect()) {
      subscriber.send("SUBSCRIBE", "a").send("SSUBSCRIBE", "s").replies(2);
      for (int i = 0; i < 300; i++) {
        String body = (i % 50 == 0 ? "x".repeat(100_000) : "\0\r\n$-1\r\n") + i;
        publisher.send(i % 3 == 0 ? "SPUBLISH" : "PUBLISH", i % 3 == 0 ? "s" : "a", body);
      }
      publisher.replies(300);
      for (int i = 0; i < 300; i++) {
        assertThat(subscriber.reply()).endsWith(i + "\r\n");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void patternAndChannel_bothMatching_bothTell(int protocol) throws IOException {
    try (Pair subscriber = twins.connect(protocol);
        Pair publisher = twins.connect()) {
      subscriber.send("PSUBSCRIBE", "a?c", "x*").send("SUBSCRIBE", "abc").replies(3);
      assertThat(publisher.call("PUBLISH", "abc", "m")).isEqualTo(":2\r\n");
      subscriber.replies(2);
      publisher.call("PUBLISH", "xyz", "m");
      subscriber.reply();
      publisher.call("PUBSUB", "CHANNELS", "a*");
      publisher.call("PUBSUB", "NUMSUB", "abc", "none");
      publisher.call("PUBSUB", "NUMPAT");
      subscriber.send("UNSUBSCRIBE", "abc").replies(1);
      assertThat(publisher.call("PUBLISH", "abc", "m")).isEqualTo(":1\r\n");
      subscriber.reply();
    }
  }

  /** What a subscriber in RESP2 may not say is refused; in RESP3 it may say anything. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void subscriber_sayingOtherThings_isAnsweredAsByRedis(int protocol) throws IOException {
    try (Pair subscriber = twins.connect(protocol);
        Pair publisher = twins.connect()) {
      publisher.call("SET", "k", "1");
      subscriber.send("SUBSCRIBE", "a").replies(1);
      for (String request :
          new String[] {
            "GET k",
            "SET k 2",
            "PUBLISH none x",
            "PING",
            "PING x",
            "CLIENT GETNAME",
            "SELECT 1",
            "MULTI",
            "EXEC",
            "WATCH k",
            "EVAL return 0",
            "NOPE",
            "SELECT 0",
            "ECHO x",
            "AUTH x"
          }) {
        publisher.call("PUBLISH", "a", "before");
        assertThat(subscriber.reply()).contains("before");
        subscriber.call(request.split(" ", -1));
      }
      publisher.call("GET", "k");
    }
  }

  @Test
  void resp2_subscriptionsInATransaction_areQueuedAndConfirmed() throws IOException {
    subscribeInATransaction(2);
  }

  @Test
  void resp3_subscriptionsInATransaction_areQueuedAndConfirmed() throws IOException {
    subscribeInATransaction(3);
  }

  private static void subscribeInATransaction(int protocol) throws IOException {
    try (Pair pair = twins.connect(protocol);
        Pair publisher = twins.connect()) {
      pair.send("MULTI").send("SUBSCRIBE", "a").send("EXEC").replies(3);
      pair.send("MULTI").send("SUBSCRIBE", "b", "c").send("PING").send("EXEC").replies(5);
      publisher.call("PUBLISH", "b", "x");
      pair.reply();
      publisher.call("PUBSUB", "NUMSUB", "a", "b");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void subscriber_whoResetsOrLeaves_isForgottenUpstream(int protocol) throws IOException {
    try (Pair publisher = twins.connect()) {
      try (Pair subscriber = twins.connect(protocol)) {
        subscriber.send("SUBSCRIBE", "gone").send("PSUBSCRIBE", "go*").replies(2);
        assertThat(publisher.call("PUBLISH", "gone", "x")).isEqualTo(":2\r\n");
        subscriber.replies(2);
        subscriber.call("RESET");
        subscriber.call("PING");
        assertThat(publisher.call("PUBLISH", "gone", "x")).isEqualTo(":0\r\n");
        subscriber.send("SUBSCRIBE", "gone").replies(1);
        subscriber.send("QUIT").reply();
        subscriber.assertClosed();
      }
      assertThat(publisher.call("PUBLISH", "gone", "x")).isEqualTo(":0\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void keyspaceEvents_andL1_agree(int protocol) throws IOException {
    try (Pair subscriber = twins.connect(protocol);
        Pair writer = twins.connectElsewhere();
        Pair reader = twins.connect()) {
      writer.call("CONFIG", "SET", "notify-keyspace-events", "KEA");
      subscriber.send("PSUBSCRIBE", "__keyspace@0__:k").replies(1);
      for (int round = 0; round < 30; round++) {
        reader.send("GET", "k").send("GET", "k").replies(2);
        writer.call("SET", "k", "v" + round);
        assertThat(subscriber.reply()).contains("\r\nset\r\n");
      }
      writer.call("CONFIG", "SET", "notify-keyspace-events", "");
    }
  }
}

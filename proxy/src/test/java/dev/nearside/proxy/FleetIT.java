package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.FleetScene.Member;
import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Invalidation on request across the sidecars of one Redis, and the repair of what was missed. */
class FleetIT {
  private static final String CHANNEL = "nearside:invalidate";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "KEY user:1 user:2 none   | 2",
        "PREFIX user:             | 2",
        "PATTERN *:[1-2]          | 2",
        "TAG user                 | 2",
        "TAG account:1 region:eu  | 2"
      })
  void invalidate_ofTheFleet_isDoneByTheOtherToo(String asked, int removed) throws IOException {
    try (FleetScene fleet = new FleetScene()) {
      Member one = fleet.join();
      Member other = fleet.join();
      String[] keys = {"user:1", "user:2", "order:eu:7", "plain"};
      fleet.holdEverywhere(keys);
      String[] args = ("NEARSIDE.INVALIDATE FLEET " + asked.strip()).split(" ");
      assertThat(one.call(args)).isEqualTo(":" + removed + "\r\n");
      Waiting.until("it has come", () -> other.invalidations("request") == removed);
      assertThat(countLocal(one, keys)).isEqualTo(keys.length - removed);
      assertThat(countLocal(other, keys)).isEqualTo(keys.length - removed);
      assertThat(other.messages("received")).isPositive();
      assertThat(one.messages("received")).as("of its own").isZero();
      assertThat(other.repairs("gap") + other.repairs("stranger")).isZero();
    }
  }

  private static int countLocal(Member member, String... keys) throws IOException {
    int local = 0;
    for (String key : keys) {
      local += member.readsLocally(key) ? 1 : 0;
    }
    return local;
  }

  static Stream<RedisProgram> programs() {
    return RedisProgram.available().stream();
  }

  @ParameterizedTest
  @MethodSource("programs")
  void tag_givenHere_isKnownToTheOtherAndToOneStartedLater(RedisProgram program)
      throws IOException {
    try (FleetScene fleet = new FleetScene(RedisServer.start(program))) {
      Member one = fleet.join();
      Member other = fleet.join();
      fleet.holdEverywhere("a", "b", "c");
      assertThat(one.call("NEARSIDE.TAG", "a", "t")).isEqualTo(":1\r\n");
      assertThat(other.call("NEARSIDE.TAG", "b", "t")).isEqualTo(":1\r\n");
      Member late = fleet.join();
      late.hold("a", "c");
      assertThat(late.call("NEARSIDE.INVALIDATE", "FLEET", "TAG", "t")).isEqualTo(":1\r\n");
      Waiting.until("one has done it", () -> one.invalidations("request") == 2);
      Waiting.until("the other has done it", () -> other.invalidations("request") == 2);
      assertThat(one.readsLocally("a") || other.readsLocally("b")).isFalse();
      assertThat(one.readsLocally("c") && other.readsLocally("c")).isTrue();
    }
  }

  @Test
  void subscription_thatWasKilled_isMadeAgainAndL1IsEmptied() throws IOException {
    try (FleetScene fleet = new FleetScene()) {
      Member one = fleet.join();
      fleet.holdEverywhere("a");
      assertThat(one.repairs("subscription")).isEqualTo(1);
      fleet.direct.call("CLIENT", "KILL", "TYPE", "pubsub");
      Waiting.until("it is repaired", () -> one.repairs("subscription") == 2);
      assertThat(one.readsLocally("a")).isFalse();
      one.hold("a");
    }
  }

  @Test
  void messages_missedWhileTheSubscriptionWasAway_haveTheirEffect() throws IOException {
    try (FleetScene fleet = new FleetScene()) {
      Member one = fleet.join();
      Member other = fleet.join();
      fleet.holdEverywhere("a");
      fleet.direct.call("MULTI");
      fleet.direct.call("CLIENT", "KILL", "TYPE", "pubsub");
      fleet.direct.call("PUBLISH", CHANNEL, message(7, 1, 'K', "a"));
      assertThat(fleet.direct.call("EXEC")).isEqualTo("*2\r\n:2\r\n:0\r\n");
      Waiting.until("one is repaired", () -> one.repairs("subscription") == 2);
      Waiting.until("the other is repaired", () -> other.repairs("subscription") == 2);
      assertThat(one.readsLocally("a") || other.readsLocally("a")).isFalse();
    }
  }

  @Test
  void gap_inASendersNumbers_emptiesL1() throws IOException {
    try (FleetScene fleet = new FleetScene()) {
      Member one = fleet.join();
      fleet.holdEverywhere("a", "b");
      publish(fleet, message(7, 1, 'K', "none"));
      publish(fleet, message(7, 2, 'K', "a"));
      Waiting.until("both have come", () -> one.messages("received") == 2);
      assertThat(one.readsLocally("a")).isFalse();
      assertThat(one.readsLocally("b")).isTrue();
      publish(fleet, message(7, 4, 'K', "none"));
      Waiting.until("the gap is noticed", () -> one.repairs("gap") == 1);
      assertThat(one.readsLocally("b")).isFalse();
      one.hold("a", "b");
      publish(fleet, message(7, 4, 'A'));
      Waiting.until("that has come", () -> one.messages("received") == 4);
      assertThat(one.readsLocally("b")).isTrue();
      publish(fleet, message(7, 5, 'A'));
      Waiting.until("the lost last one is noticed", () -> one.repairs("gap") == 2);
      assertThat(one.readsLocally("b")).isFalse();
    }
  }

  @Test
  void stranger_whoseNumberIsNotOne_emptiesL1() throws IOException {
    try (FleetScene fleet = new FleetScene()) {
      Member one = fleet.join();
      fleet.holdEverywhere("b");
      publish(fleet, message(8, 3, 'A'));
      Waiting.until("it is noticed", () -> one.repairs("stranger") == 1);
      assertThat(one.readsLocally("b")).isFalse();
    }
  }

  @Test
  void sender_announcesItsLastNumber_whoeverNeverSentDoesNot() throws IOException {
    try (FleetScene fleet = new FleetScene();
        RespClient listener = RespClient.connect(fleet.redis.port())) {
      Member one = fleet.join();
      fleet.join();
      listener.call("SUBSCRIBE", CHANNEL);
      one.call("NEARSIDE.INVALIDATE", "FLEET", "KEY", "x");
      String sent = listener.reply();
      String announced = listener.reply();
      String again = listener.reply();
      assertThat(sent).contains("K\0\0\0\1x");
      assertThat(announced).endsWith("\0\0\0\0\0\0\0\1A\r\n");
      assertThat(again).isEqualTo(announced);
      String sender = sent.substring(sent.indexOf('\1'), sent.indexOf("K\0\0\0\1x"));
      assertThat(announced).contains(sender);
    }
  }

  @Test
  void bytes_thatAreNoMessage_areCountedAndIgnored() throws IOException {
    try (FleetScene fleet = new FleetScene()) {
      Member one = fleet.join();
      fleet.holdEverywhere("a");
      publish(fleet, "hello");
      publish(fleet, "");
      publish(fleet, message(7, 1, 'Z', "a"));
      Waiting.until("they have come", () -> one.messages("bad") == 3);
      assertThat(one.readsLocally("a")).isTrue();
    }
  }

  @Test
  void invalidate_thatTheUpstreamDoesNotPublish_isDoneHereAndSaysSo() throws IOException {
    try (FleetScene fleet = new FleetScene()) {
      Member one = fleet.join();
      fleet.holdEverywhere("a", "user:1");
      fleet.direct.call("ACL", "SETUSER", "default", "-publish");
      assertThat(one.call("NEARSIDE.INVALIDATE", "FLEET", "KEY", "a"))
          .startsWith("-TRYAGAIN invalidated here only: the fleet could not be told: NOPERM ");
      assertThat(one.readsLocally("a")).isFalse();
      assertThat(one.readsLocally("user:1")).isTrue();
      assertThat(one.messages("unsent")).isEqualTo(1);
    }
  }

  @Test
  void commands_whileRedisIsAway_sayWhatWasNotDone() throws IOException {
    try (FleetScene fleet = new FleetScene()) {
      Member one = fleet.join();
      fleet.holdEverywhere("user:1");
      fleet.redis.kill();
      assertThat(one.call("NEARSIDE.INVALIDATE", "FLEET", "PREFIX", "user:"))
          .startsWith("-TRYAGAIN invalidated here only: the fleet could not be told: ");
      assertThat(one.call("NEARSIDE.INVALIDATE", "TAG", "user"))
          .startsWith("-TRYAGAIN invalidated only by the tags of namespaces: ");
      assertThat(one.call("NEARSIDE.TAG", "user:1", "t"))
          .startsWith("-TRYAGAIN not every tag could be kept in Redis: ");
      assertThat(one.call("NEARSIDE.INVALIDATE", "KEY", "user:1")).startsWith(":");
    }
  }

  @Test
  void fleet_whoseUserMayNotSubscribe_isServedAllTheSame() throws IOException {
    try (FleetScene fleet = new FleetScene()) {
      fleet.direct.call("ACL", "SETUSER", "default", "-subscribe");
      Member one = fleet.join();
      fleet.holdEverywhere("a");
      assertThat(one.call("NEARSIDE.INVALIDATE", "FLEET", "KEY", "a"))
          .startsWith("-TRYAGAIN invalidated here only: ")
          .contains("NOPERM");
      assertThat(one.readsLocally("a")).isFalse();
    }
  }

  private static void publish(FleetScene fleet, String message) throws IOException {
    fleet.direct.call("PUBLISH", CHANNEL, message);
  }

  /** Returns a message's bytes, one char each, as the protocol has them. */
  private static String message(int sender, int number, char kind, String... strings) {
    StringBuilder bytes = new StringBuilder("\1");
    bytes.append("\0".repeat(7)).append((char) sender);
    bytes.append("\0".repeat(7)).append((char) number).append(kind);
    for (String string : strings) {
      bytes.append("\0".repeat(3)).append((char) string.length()).append(string);
    }
    return bytes.toString();
  }
}

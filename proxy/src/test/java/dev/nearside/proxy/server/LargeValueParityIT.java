package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Twins.Pair;
import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values and keys of every size and any bytes pass unchanged, streamed where they are large. */
class LargeValueParityIT {
  private static final int KIB = 1024;

  @RegisterExtension private static final SharedTwins twins = new SharedTwins();

  private static String bytes(int length) {
    SplittableRandom random = new SplittableRandom(length);
    StringBuilder bytes = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      bytes.append((char) random.nextInt(256));
    }
    return bytes.toString();
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0, 1, 16 * KIB, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 1024 * KIB, 20 * 1024 * KIB})
  void setAndGet_ofAnySize_passUnchanged(int length) throws IOException {
    String value = bytes(length);
    try (Pair pair = twins.connect()) {
      pair.call("SET", "k", value);
      for (int i = 0; i < 3; i++) {
        assertThat(pair.call("GET", "k")).isEqualTo("$" + length + "\r\n" + value + "\r\n");
      }
      pair.call("MGET", "k", "none", "k");
      pair.send("APPEND", "k", value).send("STRLEN", "k").send("GET", "k").replies(3);
      pair.call("DEL", "k");
    }
  }

  @Test
  void set_largeAndInPieces_passesUnchanged() throws IOException {
    String value = bytes(200 * KIB);
    String request = "*3\r\n$3\r\nSET\r\n$1\r\np\r\n$" + value.length() + "\r\n" + value + "\r\n";
    String pipeline = "GET p\r\n" + request + "GET p\r\nMULTI\r\n" + request + "EXEC\r\nPING\r\n";
    try (Pair pair = twins.connect()) {
      for (int piece : new int[] {1, 7, 4096, 65_537}) {
        int step = piece == 1 ? 1 : piece;
        int from = 0;
        for (; piece == 1 && from < 100; from++) {
          pair.sendRaw(pipeline.substring(from, from + 1));
        }
        step = Math.max(step, 1000);
        for (; from < pipeline.length(); from += step) {
          pair.sendRaw(pipeline.substring(from, Math.min(pipeline.length(), from + step)));
        }
        pair.replies(7);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ON", "SKIP", "OFF"})
  void set_largeAfterClientReply_isHeldBackAsByRedis(String mode) throws IOException {
    String value = bytes(65 * KIB);
    try (Pair pair = twins.connect()) {
      pair.send("CLIENT", "REPLY", mode).send("SET", "k", value);
      pair.send("CLIENT", "REPLY", "ON").send("STRLEN", "k").send("RESET").send("PING");
      pair.replies(mode.equals("ON") ? 6 : 4);
      pair.call("GET", "k");
    }
  }

  @Test
  void everySmallRequest_byteByByte_isUnderstood() throws IOException {
    String set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\r\n\r\n";
    String get = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    String inline = "GET k\r\nMGET k k\r\nMULTI\r\nGET k\r\nEXEC\r\nGET k\r\n";
    String pipeline = set + get + inline;
    try (Pair pair = twins.connect()) {
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < pipeline.length(); i++) {
          pair.sendRaw(pipeline.substring(i, i + 1));
        }
        pair.replies(8);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255, 1024, 1025, 70_000})
  void key_ofAnyBytesAndLength_isThatKey(int length) throws IOException {
    String key = bytes(length);
    try (Pair pair = twins.connect()) {
      for (int round = 0; round < 2; round++) {
        pair.call("SET", key, "a\0b\r\n" + round);
        for (int i = 0; i < 3; i++) {
          pair.call("GET", key);
        }
        pair.call("MGET", key, key + "x");
        pair.call("DEL", key);
        pair.call("GET", key);
      }
    }
  }

  @Test
  void manyArguments_overTheSizeOfAGatheredRequest_areOneCommand() throws IOException {
    try (Pair pair = twins.connect()) {
      String[] mset = new String[20_001];
      String[] mget = new String[10_001];
      mset[0] = "MSET";
      mget[0] = "MGET";
      for (int i = 0; i < 10_000; i++) {
        mset[1 + 2 * i] = "key:" + i;
        mset[2 + 2 * i] = "value:" + i;
        mget[1 + i] = "key:" + i;
      }
      for (int round = 0; round < 2; round++) {
        pair.call("GET", "key:5000");
        pair.call(mset);
        pair.call(mget);
        pair.call("GET", "key:5000");
      }
      pair.send("SUBSCRIBE", bytes(70_000), "b").replies(2);
      pair.send("UNSUBSCRIBE", "b").replies(1);
    }
  }

  /**
   * As many small requests as may be owed at a time, and one more or less, before the large one.
   */
  @Test
  void largeRequest_behindAsManyAsMayBeOwed_isAnswered() throws IOException {
    for (int count = 120; count < 140; count++) {
      try (Pair pair = twins.connect()) {
        pair.call("CLIENT", "GETNAME");
        pair.sendRaw("PING\r\n".repeat(count));
        pair.send("SET", "large", "x".repeat(100_000)).replies(count + 1);
      }
    }
  }
}

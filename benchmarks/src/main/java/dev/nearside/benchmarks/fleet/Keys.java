package dev.nearside.benchmarks.fleet;

import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** The keys of a run, all of one length: those that sidecars read, and those that nobody reads. */
final class Keys {
  /** Bytes of a key. */
  static final int LENGTH = 10;

  private static final int NUMBER_AT = 2;
  private static final int CHUNK = 500;
  private static final String VALUE = "v".repeat(100);

  private Keys() {}

  /** Returns a key that sidecars read. */
  static String read(int number) {
    return "r:%08d".formatted(number);
  }

  /** Returns a key that nobody reads. */
  static String unread(int number) {
    return "u:%08d".formatted(number);
  }

  /** Returns the number of the key that is written at this place. */
  static int number(byte[] bytes, int from) {
    int number = 0;
    for (int i = from + NUMBER_AT; i < from + LENGTH; i++) {
      number = number * 10 + bytes[i] - '0';
    }
    return number;
  }

  /** Returns a request of fixed words. */
  static byte[] request(String... words) {
    return List.of(words).stream()
        .map(word -> "$" + word.length() + "\r\n" + word + "\r\n")
        .collect(Collectors.joining("", "*" + words.length + "\r\n", ""))
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Returns a SET of a value of 100 bytes. */
  static byte[] set(String key) {
    return request("SET", key, VALUE);
  }

  /** Gives all keys that sidecars read a value. */
  static void load(RedisConnection connection, int count) throws IOException {
    for (int from = 0; from < count; from += CHUNK) {
      int to = Math.min(count, from + CHUNK);
      for (int i = from; i < to; i++) {
        connection.send("SET", read(i), VALUE);
      }
      for (int i = from; i < to; i++) {
        connection.receive();
      }
    }
  }
}

package dev.nearside.benchmarks.footprint;

import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * Keys with values of 100 bytes, which begin with the key so that a wrong answer shows.
 *
 * @param count how many
 */
record Values(int count) {
  static final int VALUE_BYTES = 100;
  private static final int BATCH = 500;

  static String key(int i) {
    return String.format(Locale.ROOT, "key:%08d", i);
  }

  private static String value(int i) {
    String key = key(i);
    return key + "v".repeat(VALUE_BYTES - key.length());
  }

  /** Writes them all. */
  void write(EmbeddedRedis redis) throws IOException {
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      for (int from = 0; from < count; from += BATCH) {
        int to = Math.min(count, from + BATCH);
        for (int i = from; i < to; i++) {
          connection.send("SET", key(i), value(i));
        }
        for (int i = from; i < to; i++) {
          connection.receive();
        }
      }
    }
  }

  /**
   * Reads those from one on, each {@code times}, and checks every reply. Each client asks for one
   * key at a time, because of a pipeline's misses only some are held.
   *
   * @throws IOException if a reply is wrong
   */
  void read(List<RedisConnection> clients, int first, int times) throws IOException {
    for (int from = first; from < count; from += clients.size()) {
      for (int time = 0; time < times; time++) {
        readOnEach(clients, from, Math.min(count, from + clients.size()));
      }
    }
  }

  private static void readOnEach(List<RedisConnection> clients, int from, int to)
      throws IOException {
    for (int i = from; i < to; i++) {
      clients.get(i - from).send("GET", key(i));
      clients.get(i - from).flush();
    }
    for (int i = from; i < to; i++) {
      String value = clients.get(i - from).receive();
      if (!value.equals(value(i))) {
        throw new IOException("GET " + key(i) + " is answered with " + value);
      }
    }
  }
}

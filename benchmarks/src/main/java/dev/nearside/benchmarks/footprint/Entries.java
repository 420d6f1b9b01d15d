package dev.nearside.benchmarks.footprint;

import dev.nearside.benchmarks.generator.KeyFamily;
import dev.nearside.benchmarks.generator.Values;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.util.List;

/**
 * What an L1 is filled with: the keys that the load generator calls hot.
 *
 * @param count how many
 * @param values of each
 */
record Entries(int count, Values values) {
  private static final int BATCH = 500;

  /** Writes them all. */
  void write(EmbeddedRedis redis) throws IOException {
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      for (int from = 0; from < count; from += BATCH) {
        int to = Math.min(count, from + BATCH);
        for (int i = from; i < to; i++) {
          connection.send("SET", KeyFamily.HOT.key(i), values.value(i));
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

  private void readOnEach(List<RedisConnection> clients, int from, int to) throws IOException {
    for (int i = from; i < to; i++) {
      clients.get(i - from).send("GET", KeyFamily.HOT.key(i));
      clients.get(i - from).flush();
    }
    for (int i = from; i < to; i++) {
      String value = clients.get(i - from).receive();
      if (!value.equals(values.value(i))) {
        throw new IOException("GET " + KeyFamily.HOT.key(i) + " is answered with " + value);
      }
    }
  }
}

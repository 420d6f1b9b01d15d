package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.KeyFamily;
import dev.nearside.benchmarks.generator.Values;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;

/**
 * What is in every Redis before the load.
 *
 * @param hot how many keys are read again and again
 * @param cold how many keys are read one after the other
 * @param values what their values are
 */
record DataSet(int hot, int cold, Values values) {
  private static final int PIPELINE = 1000;

  /** Writes it. */
  void writeTo(RedisConnection connection) throws IOException {
    write(connection, KeyFamily.HOT, hot);
    write(connection, KeyFamily.COLD, cold);
  }

  private void write(RedisConnection connection, KeyFamily family, int count) throws IOException {
    int pipeline = Math.max(1, Math.min(PIPELINE, (1 << 24) / values.bytes()));
    for (int from = 0; from < count; from += pipeline) {
      int to = Math.min(count, from + pipeline);
      for (int i = from; i < to; i++) {
        connection.send("SET", family.key(i), values.value(i));
      }
      for (int i = from; i < to; i++) {
        connection.receive();
      }
    }
  }

  /**
   * Reads a value through a server.
   *
   * @throws IOException if it is not the one that was written
   */
  void requireFrom(RedisConnection connection, String server) throws IOException {
    String value = connection.call("GET", KeyFamily.HOT.key(0));
    if (!value.equals(values.value(0))) {
      throw new IOException(server + " answers GET with " + value);
    }
  }
}

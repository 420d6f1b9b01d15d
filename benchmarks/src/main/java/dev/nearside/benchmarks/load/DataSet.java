package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.KeyFamily;
import dev.nearside.benchmarks.generator.Values;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.util.function.Predicate;

/**
 * What is in every Redis before the load.
 *
 * @param hot how many keys are read again and again
 * @param cold how many keys are read one after the other
 * @param values what their values are
 */
record DataSet(int hot, int cold, Values values) {
  private static final int PIPELINE = 1000;

  static final String FIRST_KEY = KeyFamily.HOT.key(0);

  /**
   * Writes it.
   *
   * @param here which of the keys the Redis connected has, all of them if it is alone
   */
  void writeTo(RedisConnection connection, Predicate<String> here) throws IOException {
    write(connection, KeyFamily.HOT, hot, here);
    write(connection, KeyFamily.COLD, cold, here);
  }

  private void write(
      RedisConnection connection, KeyFamily family, int count, Predicate<String> here)
      throws IOException {
    int pipeline = Math.max(1, Math.min(PIPELINE, (1 << 24) / values.bytes()));
    for (int from = 0; from < count; from += pipeline) {
      int to = Math.min(count, from + pipeline);
      int sent = 0;
      for (int i = from; i < to; i++) {
        if (here.test(family.key(i))) {
          connection.send("SET", family.key(i), values.value(i));
          sent++;
        }
      }
      for (int i = 0; i < sent; i++) {
        connection.receive();
      }
    }
  }

  /**
   * Reads the value of {@link #FIRST_KEY} through a server.
   *
   * @throws IOException if it is not the one that was written
   */
  void requireFrom(RedisConnection connection, String server) throws IOException {
    String value = connection.call("GET", FIRST_KEY);
    if (!value.equals(values.value(0))) {
      throw new IOException(server + " answers GET with " + value);
    }
  }
}

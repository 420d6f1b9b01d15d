package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.servers.ErrorReplyException;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A client that connects again when it was closed. Confined to one thread. */
final class Redial implements AutoCloseable {
  private final int port;
  private @Nullable RedisConnection connection;

  Redial(int port) {
    this.port = port;
  }

  /**
   * Asks once.
   *
   * @throws IOException if the answer is an error, or there is none; the next call connects anew
   */
  String call(String... words) throws IOException {
    RedisConnection open = connection;
    if (open == null) {
      open = RedisConnection.open(port);
      connection = open;
    }
    try {
      return open.call(words);
    } catch (ErrorReplyException e) {
      throw e;
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    RedisConnection open = connection;
    connection = null;
    if (open != null) {
      open.close();
    }
  }
}

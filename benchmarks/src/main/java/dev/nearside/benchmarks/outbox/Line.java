package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.servers.ErrorReplyException;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A client's connection to one sidecar, wherever that listens by now. Confined to one thread. */
final class Line implements AutoCloseable {
  private static final String REFUSED = "-ERR nothing was written";

  private final IntSupplier port;
  private @Nullable RedisConnection connection;

  Line(IntSupplier port) {
    this.port = port;
  }

  /** Returns one to each sidecar of {@code site}. */
  static List<Line> toEach(Site site) {
    return IntStream.range(0, Site.SIDECARS)
        .mapToObj(sidecar -> new Line(() -> site.port(sidecar)))
        .toList();
  }

  /** Connects, unless it is; returns whether commands can be sent. */
  boolean isOpen() {
    try {
      if (connection == null) {
        connection = RedisConnection.open(port.getAsInt());
      }
      return true;
    } catch (IOException e) {
      return false; // killed just now: nothing was sent
    }
  }

  /** Sends a command on the open connection, and returns what is known of it then. */
  Answer ask(String... words) throws IOException {
    RedisConnection open = connection;
    if (open == null) {
      throw new IllegalStateException("not connected");
    }
    try {
      return new Answer(Answer.Kind.ACKNOWLEDGED, open.call(words));
    } catch (ErrorReplyException e) {
      String said = String.valueOf(e.getMessage());
      boolean refused = said.contains(REFUSED);
      return new Answer(refused ? Answer.Kind.REFUSED : Answer.Kind.UNKNOWN, said);
    } catch (IOException e) {
      close();
      return new Answer(Answer.Kind.UNKNOWN, "connection lost");
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

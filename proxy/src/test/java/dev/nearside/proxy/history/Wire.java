package dev.nearside.proxy.history;

import java.io.IOException;
import java.util.List;

/**
 * A quick client: gathers requests, sends them, and reads replies as values ({@link Long}, {@link
 * String}, {@link List}, {@link Sign}, {@link Failure}). Not thread-safe.
 */
interface Wire extends AutoCloseable {
  /** An error reply. */
  record Failure(String text) {
    /**
     * How Redis begins what a step of a script is refused by, such as one that asks for a key that
     * an earlier step removed, while its slot moves: it may be at the other node by now.
     */
    private static final String OF_A_SCRIPT = "Script attempted to ";

    /** Returns whether it says that the command was not executed. */
    boolean isRefusal() {
      return text.startsWith("TRYAGAIN")
          || text.startsWith("LOADING")
          || text.startsWith("CLUSTERDOWN")
          || text.contains(OF_A_SCRIPT)
          || text.contains("NOREPLICAS ") // Redis 6 says first where in a script
          || text.contains("READONLY ");
    }

    /** Returns whether it is one that commands on keys of the wrong content are answered with. */
    boolean isExpected() {
      return text.startsWith("ERR value is not an integer")
          || text.startsWith("ERR increment or decrement")
          || text.startsWith("ERR no such key");
    }
  }

  /** Adds a request to what is sent next. */
  void add(List<String> words);

  /** Sends what was added. */
  void flush() throws IOException;

  /** Waits for the next reply. */
  Object read() throws IOException;

  /** Sends one request and returns its reply. */
  default Object call(String... words) throws IOException {
    add(List.of(words));
    flush();
    return read();
  }

  @Override
  void close();
}

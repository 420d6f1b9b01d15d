package dev.nearside.proxy.scene;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Those who bring outboxes to a database. */
public final class Drains {
  private Drains() {}

  /**
   * Holds up whoever takes a drain over or commits a batch, until what is returned is rolled back
   * or closed.
   */
  public static Connection hold(PostgresServer database) throws SQLException {
    Connection holder = database.connect();
    holder.setAutoCommit(false);
    try (Statement statement = holder.createStatement()) {
      statement.execute("LOCK TABLE nearside.outbox IN ACCESS EXCLUSIVE MODE");
    }
    return holder;
  }

  /** Waits until the outboxes of all {@code namespaces} are empty at {@code redis}. */
  public static void await(RespClient redis, String... namespaces) {
    for (String namespace : namespaces) {
      Waiting.until(
          "the outbox of " + namespace + " is empty",
          () -> redis.call("XLEN", "nearside:outbox:" + namespace).equals(":0\r\n"));
    }
  }
}

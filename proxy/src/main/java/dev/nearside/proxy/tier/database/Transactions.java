package dev.nearside.proxy.tier.database;

import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is the same of all transactions. */
final class Transactions {
  private static final Logger log = LoggerFactory.getLogger(Transactions.class);

  private Transactions() {}

  /** Rolls back behind a failure: what fails here has failed before, and is said by the caller. */
  static void rollBack(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      log.debug("a transaction cannot be rolled back: SQLSTATE {}", e.getSQLState());
    }
  }
}

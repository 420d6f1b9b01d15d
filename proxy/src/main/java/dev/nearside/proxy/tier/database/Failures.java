package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.tier.Answer.Reason;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.postgresql.util.PSQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns database errors into reasons, and logs each kind (namespace and SQLSTATE) once a minute.
 * Thread-safe.
 *
 * <p>Never logs a value: PostgreSQL quotes the offending value in the message of a data exception,
 * so only messages of classes that speak of the connection or the query itself are shown. Classes:
 * PostgreSQL documentation, appendix A.
 */
final class Failures {
  private static final Logger log = LoggerFactory.getLogger(Failures.class);
  private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();
  private static final List<String> CLASSES_WITHOUT_VALUES =
      List.of("08", "25", "28", "3D", "42", "53", "55", "57");
  private static final List<String> CONNECTION_CLASSES = List.of("08", "28", "3D", "57P", "53300");
  private static final List<String> TRANSIENT = List.of("40001", "40P01");
  private static final String QUERY_CANCELED = "57014";

  private final LongSupplier nanoTime;
  private final Map<String, Long> lastLogged = new ConcurrentHashMap<>();

  Failures(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** As {@link #note(String, String, SQLException)}, of a read. */
  Reason note(String namespace, SQLException failure) {
    return note("read", namespace, failure);
  }

  /**
   * Returns the reason for {@code failure}, and logs it if its kind was quiet for a minute.
   *
   * @param what has failed, read or write
   */
  Reason note(String what, String namespace, SQLException failure) {
    SQLException root = rootOf(failure);
    Reason reason = reasonOf(failure, root);
    if (mayLog(what + ' ' + namespace + ' ' + root.getSQLState())) {
      log.warn(
          "database {} of namespace {} failed: {}, SQLSTATE {}{}",
          what,
          namespace,
          reason.label(),
          root.getSQLState(),
          messageOf(root));
    }
    return reason;
  }

  /** Returns whether the transaction was rolled back for others' sake: the same may succeed. */
  static boolean isTransient(SQLException failure) {
    return TRANSIENT.contains(stateOf(failure));
  }

  /**
   * Returns whether the database itself has said so of a statement, and goes on: what it says while
   * it ends a connection, or itself, tells nothing of a commit.
   */
  static boolean isAnswer(SQLException failure) {
    return rootOf(failure) instanceof PSQLException said
        && said.getServerErrorMessage() != null
        && "ERROR".equals(said.getServerErrorMessage().getSeverity());
  }

  /** Returns the SQLSTATE, or nothing. */
  static String stateOf(SQLException failure) {
    String state = rootOf(failure).getSQLState();
    return state == null ? "" : state;
  }

  /** Returns what the database says, without any value. */
  static String saidOf(SQLException failure) {
    SQLException root = rootOf(failure);
    return "SQLSTATE " + root.getSQLState() + messageOf(root).lines().findFirst().orElse("");
  }

  /** Logs a mistake of ours, with its trace and without its message, if not done this minute. */
  Reason noteBug(String namespace, RuntimeException bug) {
    if (mayLog(namespace + ' ' + bug.getClass().getName())) {
      log.error(
          "database read of namespace {} failed by a mistake of ours: {} at {}",
          namespace,
          bug.getClass().getName(),
          bug.getStackTrace().length == 0 ? "an unknown place" : bug.getStackTrace()[0]);
    }
    return Reason.ERROR;
  }

  private boolean mayLog(String kind) {
    Long now = nanoTime.getAsLong();
    Long last = lastLogged.putIfAbsent(kind, now);
    return last == null || (now - last >= QUIET_NANOS && lastLogged.replace(kind, last, now));
  }

  private static SQLException rootOf(SQLException failure) {
    SQLException root = failure;
    while (root.getCause() instanceof SQLException cause) {
      root = cause;
    }
    return root;
  }

  private static Reason reasonOf(SQLException failure, SQLException root) {
    String state = root.getSQLState() == null ? "" : root.getSQLState();
    if (failure instanceof SQLTimeoutException || state.equals(QUERY_CANCELED)) {
      return Reason.TIMEOUT;
    }
    boolean noConnection =
        failure instanceof SQLTransientConnectionException
            || CONNECTION_CLASSES.stream().anyMatch(state::startsWith);
    return noConnection ? Reason.DISCONNECTED : Reason.ERROR;
  }

  private static String messageOf(SQLException root) {
    String state = root.getSQLState() == null ? "" : root.getSQLState();
    return CLASSES_WITHOUT_VALUES.stream().anyMatch(state::startsWith)
        ? ": " + root.getMessage()
        : "";
  }
}

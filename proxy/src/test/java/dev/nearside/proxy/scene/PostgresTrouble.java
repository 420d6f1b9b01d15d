package dev.nearside.proxy.scene;

/** What a PostgreSQL in trouble says: its documentation, appendix A. */
public enum PostgresTrouble {
  /** A file cannot grow. */
  DISK_FULL("53100", "could not extend file \"base/5/16399\": No space left on device"),
  /** Somebody else has the row. */
  LOCK_TIMEOUT("55P03", "canceling statement due to lock timeout"),
  /** It took too long. */
  STATEMENT_TIMEOUT("57014", "canceling statement due to statement timeout"),
  /** It is a standby by now. */
  READ_ONLY("25006", "cannot execute INSERT in a read-only transaction"),
  /** Others have all connections. */
  TOO_MANY_CONNECTIONS("53300", "sorry, too many clients already");

  private final String state;
  private final String words;

  PostgresTrouble(String state, String words) {
    this.state = state;
    this.words = words;
  }

  /** Returns its SQLSTATE. */
  public String state() {
    return state;
  }

  /** Returns what is said in words. */
  public String words() {
    return words;
  }

  /** Returns the message of the server that says so. */
  PostgresMessage message(String severity) {
    return PostgresMessage.of(
        PostgresMessage.ERROR, 1, "S" + severity, "V" + severity, "C" + state, "M" + words);
  }
}

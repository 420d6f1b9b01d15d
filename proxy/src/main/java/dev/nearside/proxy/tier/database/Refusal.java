package dev.nearside.proxy.tier.database;

import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What the database has said against a statement, for whoever asked for it. Immutable. */
final class Refusal {
  /**
   * Classes that are about the statement and its arguments, and not about the database's own state:
   * PostgreSQL documentation, appendix A.
   */
  private static final List<String> CLASSES =
      List.of("0A", "21", "22", "23", "25", "2F", "38", "39", "42", "44", "54", "P0");

  /** In the context of an error in reading a parameter. */
  private static final Pattern PARAMETER = Pattern.compile("parameter \\$([0-9]{1,5})\\b");

  private final @Nullable ServerErrorMessage said;

  Refusal(SQLException failure) {
    SQLException root = failure;
    while (root.getCause() instanceof SQLException cause) {
      root = cause;
    }
    this.said = root instanceof PSQLException of ? of.getServerErrorMessage() : null;
  }

  /** Returns its words, or null where the database has not refused the statement. */
  @Nullable String words() {
    String state = said == null ? null : said.getSQLState();
    return state == null || said == null || CLASSES.stream().noneMatch(state::startsWith)
        ? null
        : said.getMessage();
  }

  /** Returns the number of the parameter that it is about, from 1 on, or 0 where it says none. */
  int parameter() {
    String where = said == null ? null : said.getWhere();
    Matcher matcher = PARAMETER.matcher(where == null ? "" : where);
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
  }
}

package dev.nearside.proxy.tier.database;

import java.util.List;

/** The database is there, and is not what the configuration of namespaces says. */
public final class MisfitException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /** Says what does not fit, as {@link #problems} returns it. */
  public MisfitException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /**
   * Returns what does not fit, one sentence without line breaks each: where in the configuration,
   * what was found and what was expected.
   */
  public List<String> problems() {
    return problems;
  }
}

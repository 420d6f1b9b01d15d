package dev.nearside.proxy.config;

import java.util.List;

/**
 * A configuration that cannot be used. Everything found wrong is told at once, so that one attempt
 * is enough to correct it.
 */
public final class ConfigurationException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  ConfigurationException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /**
   * Returns what is wrong, one sentence without line breaks each: where, key, offending value and
   * what was expected. No password is in them.
   */
  public List<String> problems() {
    return problems;
  }
}

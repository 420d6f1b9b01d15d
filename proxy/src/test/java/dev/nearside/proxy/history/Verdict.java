package dev.nearside.proxy.history;

/** What the checker says of a history. */
sealed interface Verdict {
  /** Some order explains every reply. */
  record Explained() implements Verdict {}

  /**
   * None does.
   *
   * @param why the place where every order ends
   */
  record Violated(String why) implements Verdict {}

  /** The search was given up. */
  record Undecided() implements Verdict {}
}

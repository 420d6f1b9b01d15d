package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.telemetry.GenerationEnd;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that must stay as it was when the generation opened, and that the upstream can be asked
 * for. One for each link; told on the connection's thread.
 */
interface LinkCheck {
  /** Returns what it is called in metrics and logs. */
  String label();

  /** Returns how a generation ends that fails it. */
  GenerationEnd end();

  /** Returns the time from one question to the next, in ns. */
  long intervalNs();

  /** Returns the question. */
  List<String> question();

  /** Returns whether the first answer leads to another question before the generation opens. */
  default boolean asksTwice() {
    return false;
  }

  /**
   * Takes the answer, the first of which is the opening's.
   *
   * @return why the generation must not go on, or null
   */
  @Nullable String answered(Told told);

  /**
   * The upstream does not answer such a question; it is not asked again unless this returns why the
   * generation must not go on.
   */
  default @Nullable String refused(Told told) {
    return null;
  }

  /** Returns why the generation must not go on at this moment whatever is under way, or null. */
  default @Nullable String overdue(long nowNs) {
    return null;
  }
}

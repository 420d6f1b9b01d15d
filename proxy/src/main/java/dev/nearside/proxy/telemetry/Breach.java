package dev.nearside.proxy.telemetry;

import org.jspecify.annotations.Nullable;

/** Something that the coherence contract excepts has happened, as far as that can be noticed. */
public enum Breach {
  /** Somebody has swapped databases, of which nobody is told. */
  SWAPDB,
  /** The upstream's clock has stepped, and with it when keys expire. */
  SERVER_CLOCK,
  /** A clock of this machine has stepped or stood still. */
  CLOCK,
  /** The node was demoted, or follows another primary: it may have missed writes before. */
  ROLE,
  /** The tracked connection has reached another node than before, or the same restarted. */
  NODE;

  /** Returns its name as metrics have it. */
  public String label() {
    return Label.text(this);
  }

  /** Returns what a generation's end tells of, or null where it tells of nothing excepted. */
  public static @Nullable Breach of(GenerationEnd end) {
    return switch (end) {
      case CLOCK -> CLOCK;
      case ROLE -> ROLE;
      case DISCONNECTED, UNANSWERED, NODE, TRACKING, PERMISSION -> null;
    };
  }
}

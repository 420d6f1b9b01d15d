package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.telemetry.GenerationEnd;
import java.util.List;

/**
 * What is said on a new link before its generation opens: tracking is turned on and confirmed, the
 * node names itself, and the link's checks learn what they will compare with. Told on the
 * connection's thread.
 */
final class TrackedOpening {
  /** Whoever opens the generation. */
  @FunctionalInterface
  interface Done {
    /**
     * Everything was answered.
     *
     * @param sentAtNs when the command that turned tracking on was sent
     * @param info the upstream's reply to INFO server, or nothing where it refused
     */
    void open(TrackedLink link, long sentAtNs, String info);
  }

  private static final List<String> TRACKING = List.of("CLIENT", "TRACKING", "ON");
  private static final List<String> INFO = List.of("INFO", "server");
  private static final List<String> PING = List.of("PING");

  private final TrackedLink link;
  private final boolean tracks;
  private final Done done;
  private long sentAtNs;
  private String info = "";

  /**
   * Creates the opening of {@code link}.
   *
   * @param tracks whether tracking is asked for
   */
  TrackedOpening(TrackedLink link, boolean tracks, Done done) {
    this.link = link;
    this.tracks = tracks;
    this.done = done;
  }

  void begin() {
    link.ask(tracks ? TRACKING : PING, this::tracking);
    link.ask(INFO, this::info);
    link.tick();
  }

  private void tracking(Told told) {
    sentAtNs = told.sentAtNs();
    if (told.error() != null) {
      link.lost(GenerationEnd.TRACKING, "tracking refused: " + told.error());
      return;
    }
    link.checks().askAll();
    link.ask(PING, pong -> askAgain());
  }

  private void info(Told told) {
    info = told.word(0);
    if (told.error() != null) {
      link.lost(GenerationEnd.NODE, "INFO refused: " + told.error());
    }
  }

  private void askAgain() {
    link.checks().askAgain();
    link.ask(PING, told -> finish());
  }

  private void finish() {
    if (!link.isLost()) {
      done.open(link, sentAtNs, info);
    }
  }
}

package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.telemetry.GenerationEnd;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
  private final @Nullable ClusterNode node;
  private final Done done;
  private long sentAtNs;
  private String info = "";

  /**
   * Creates the opening of {@code link}.
   *
   * @param tracks whether tracking is asked for
   * @param node the primary of a cluster that is reached; null where there is no cluster
   */
  TrackedOpening(TrackedLink link, boolean tracks, @Nullable ClusterNode node, Done done) {
    this.link = link;
    this.tracks = tracks;
    this.node = node;
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
    link.ask(PING, told -> confirm());
  }

  /** What a node of a cluster says of itself has to be confirmed by another, and then by itself. */
  private void confirm() {
    if (node == null) {
      finish();
    } else {
      node.confirm(() -> probe(node));
    }
  }

  private void probe(ClusterNode known) {
    if (!link.isLost()) {
      link.ask(known.question(), this::confirmed);
    }
  }

  private void confirmed(Told told) {
    String fault = ClusterNode.fault(told);
    if (fault == null) {
      sentAtNs = told.sentAtNs();
      finish();
    } else {
      link.lost(GenerationEnd.NODE, fault);
    }
  }

  private void finish() {
    if (!link.isLost()) {
      done.open(link, sentAtNs, info);
    }
  }
}

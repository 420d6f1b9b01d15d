package dev.nearside.benchmarks.load;

import java.util.ArrayList;
import java.util.List;

/**
 * A server that is to take part; {@link Contestant} is the started one.
 *
 * @param label its name in tables
 * @param peer which program it is
 * @param settings {@code key=value}, other than the program's defaults; for Nearside only
 * @param far whether its Redis is a millisecond away, see {@link DelayHop}
 * @param links how it is reached, and how it reaches its Redis
 */
record Entrant(String label, Peer peer, List<String> settings, boolean far, Links links) {
  static final String NEARSIDE = Peer.NEARSIDE.label();
  private static final String ONE_LOOP = "event-loops=1";

  /** A run takes longer than the usual ten minutes, and what is to be hit is read in once. */
  private static final String LASTING = "l1.max-ttl=1h";

  /**
   * Returns a program under its own name; Nearside with one event loop, as the others have one, and
   * an L1 that keeps for the whole run what a trial is to hit.
   */
  static Entrant of(Peer peer) {
    List<String> settings = peer == Peer.NEARSIDE ? List.of(ONE_LOOP, LASTING) : List.of();
    return new Entrant(peer.label(), peer, settings, false, Links.TCP);
  }

  /** Returns the same with more settings, under another name. */
  Entrant with(String otherLabel, String... more) {
    List<String> all = new ArrayList<>(settings);
    all.addAll(List.of(more));
    return new Entrant(otherLabel, peer, List.copyOf(all), far, links);
  }

  /** Returns the same with its Redis a millisecond away. */
  Entrant asFar() {
    return new Entrant(label, peer, settings, true, links);
  }

  /** Returns the same on other links. */
  Entrant over(Links others) {
    return new Entrant(label, peer, settings, far, others);
  }
}

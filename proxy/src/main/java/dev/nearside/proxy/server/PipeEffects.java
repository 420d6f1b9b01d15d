package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Touch;
import org.jspecify.annotations.Nullable;

/**
 * What a client's commands may have done to L1 whose replies nobody tells apart any more, because
 * its connection has become a pipe. Confined to the client's event loop.
 */
final class PipeEffects {
  private final Session session;
  private final Touches touches;
  private final Coherence coherence;
  private boolean answers;
  private boolean flushes;

  PipeEffects(Session session, Touches touches, Coherence coherence) {
    this.session = session;
    this.touches = touches;
    this.coherence = coherence;
  }

  /** A command was sent by the pipe; {@code touch} says what it does, if it does anything. */
  void sent(@Nullable Touch touch) {
    if (touch != null) {
      answers = true;
      flushes |= touch.flushes();
      touch.lost();
    }
  }

  /** A command was sent before the pipe whose reply will come by it. */
  void untold() {
    answers = true;
  }

  /**
   * Something comes by the pipe that nobody has seen. It may acknowledge a SWAPDB: what was read
   * between its being sent and executed is old, and no push tells of it. Of any write its push may
   * never come.
   */
  void received() {
    if (answers) {
      coherence.opaqueEnded();
    }
    if (flushes) {
      touches.flush();
    }
  }

  /** Returns whether what comes may tell of keys: replies, or messages to a subscriber. */
  boolean mayTellOfKeys() {
    return answers || session.subscriber;
  }
}

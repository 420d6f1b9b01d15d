package dev.nearside.proxy.invalidation;

import java.util.concurrent.CompletionStage;

/** Carries messages to every sidecar of the upstream, this one included. */
public interface FleetBus {
  /**
   * Sends {@code message}, behind everything that was sent before. Never waits.
   *
   * @return completes when the upstream has taken it; exceptionally, with a message fit for a
   *     client, where that is not known
   */
  CompletionStage<?> publish(byte[] message);

  /** Told, one after the other, what comes. */
  interface Listener {
    /** From now on messages come; earlier ones may have been missed. */
    void subscribed();

    /** A message has come; the array is the listener's. */
    void received(byte[] message);
  }
}

package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.DelayingHop;
import java.io.IOException;
import java.util.List;

/**
 * The servers of a run, and the ways on which sidecars and everybody else get to them. One
 * implementation for each {@link Shape}; what befalls only one shape is a method of that one.
 */
interface Servers extends AutoCloseable {
  /** Returns what a sidecar is told as its {@code upstream.uri}. */
  String uri(int sidecar);

  /** Connects a client that goes without a sidecar. */
  Wire connect() throws IOException;

  /**
   * Returns all that lies between a sidecar and the servers; empty where nothing does. Weather and
   * cuts befall all of it alike.
   */
  List<DelayingHop> hops(int sidecar);

  /** Returns the ports of all servers that are up, for what is asked of each of them. */
  List<Integer> each();

  /** Stops the server that clients use where it stands. */
  void pause() throws IOException;

  /** Lets it go on. */
  void resume();

  /** Waits until it is as it was before anything befell it. */
  void awaitWell();

  @Override
  void close() throws IOException;
}

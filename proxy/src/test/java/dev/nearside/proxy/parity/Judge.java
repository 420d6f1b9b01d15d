package dev.nearside.proxy.parity;

import java.io.IOException;

/** Knows of one client's commands how their replies may differ. For one thread. */
interface Judge {
  /**
   * Takes note of the client's next command, and says what is to come of it.
   *
   * @param state of the client before it
   */
  Verdict of(Command command, ClientState state) throws IOException;
}

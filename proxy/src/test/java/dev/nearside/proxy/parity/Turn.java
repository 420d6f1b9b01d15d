package dev.nearside.proxy.parity;

import java.util.List;

/**
 * What happens before anybody else may speak: some requests of one client, or of several where one
 * waits for another.
 *
 * @param sendings written in this order; the replies are read in the opposite one
 */
record Turn(List<Sending> sendings) {
  /**
   * What one client sends in one go.
   *
   * @param client which
   * @param commands pipelined; none means that the client comes back with a new connection
   * @param cuts seed of the places where the bytes are cut
   */
  record Sending(int client, List<Command> commands, long cuts) {}

  static Turn of(Sending... sendings) {
    return new Turn(List.of(sendings));
  }

  /** Returns how many requests there are to answer. */
  int requests() {
    return sendings.stream()
        .mapToInt(
            sending -> (int) sending.commands().stream().filter(c -> !c.args().isEmpty()).count())
        .sum();
  }
}

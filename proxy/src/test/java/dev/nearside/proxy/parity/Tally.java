package dev.nearside.proxy.parity;

/** Counts what was sent and received, of each side the same. For one thread. */
final class Tally {
  private long turns;
  private long commands;
  private long replies;
  private long pieces;

  void add(Turn turn) {
    turns++;
    commands += turn.requests();
  }

  void replies(int count) {
    replies += count;
  }

  void pieces(int count) {
    pieces += count;
  }

  long turns() {
    return turns;
  }

  long commands() {
    return commands;
  }

  long replies() {
    return replies;
  }

  /** Returns into how many pieces all was cut. */
  long pieces() {
    return pieces;
  }
}

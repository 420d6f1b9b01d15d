package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.relay.LaneKey.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Which lane each command of one connection takes, so that its commands are executed in their
 * order. Confined to the connection's event loop.
 *
 * <p>What a read shares a lane with, nothing can hold up for long: a write may be (CLIENT PAUSE
 * WRITE), a script may run for minutes, a huge reply takes its time. So each has lanes of its own,
 * and different lanes have no order. While replies are awaited on a lane, further commands go down
 * the same one if it takes them; if not, they wait until it has answered. A connection that had to
 * wait mixes kinds in a pipeline, and so for its next {@value #MIXED_COMMANDS} commands begins with
 * the lane that takes them all.
 */
final class LaneChoice {
  private static final int MIXED_COMMANDS = 64;

  private Kind last = Kind.READS;
  private Kind mixed = Kind.READS;
  private int mixedLeft;

  /**
   * Returns the lane for {@code command}, or null if it has to wait until nothing is awaited.
   *
   * @param awaited whether a reply is awaited on the lane of the command before
   */
  @Nullable Kind choose(Command command, boolean awaited) {
    Kind natural = kind(command);
    if (awaited) {
      return takes(last, natural) ? last : null;
    }
    return mixedLeft > 0 && takes(mixed, natural) ? mixed : natural;
  }

  /** Returns the lane for a read, which no lane refuses. */
  Kind readsGo(boolean awaited) {
    Kind kind = awaited ? last : mixedLeft > 0 ? mixed : Kind.READS;
    taken(kind);
    return kind;
  }

  /** The command goes down the lane chosen for it. */
  void taken(Kind kind) {
    last = kind;
    if (mixedLeft > 0) {
      mixedLeft--;
    }
  }

  /** The command had to wait for replies on another lane. */
  void waited(Command command) {
    Kind natural = kind(command);
    if (natural == Kind.WRITES || natural == Kind.SCRIPTS) {
      mixed = natural;
      mixedLeft = MIXED_COMMANDS;
    }
  }

  private static Kind kind(Command command) {
    return switch (command.load()) {
      case READ -> Kind.READS;
      case WRITE -> Kind.WRITES;
      case SCRIPT -> Kind.SCRIPTS;
      case BIG_READ -> Kind.BULK;
    };
  }

  /** Returns whether commands of kind {@code natural} may go down a lane of {@code kind}. */
  private static boolean takes(Kind kind, Kind natural) {
    return switch (kind) {
      case READS -> natural == Kind.READS;
      case WRITES -> natural == Kind.READS || natural == Kind.WRITES;
      case SCRIPTS -> natural != Kind.BULK;
      case BULK -> natural == Kind.READS || natural == Kind.BULK;
      case GREETING -> false;
    };
  }
}

package dev.nearside.proxy.parity;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What a connection is to Redis after what was sent on it, as far as it decides how many replies
 * come. It is a model of Redis, told what is sent and nothing else.
 */
final class ClientState {
  private static final UnaryOperator<String> EXACT = UnaryOperator.identity();
  private static final Set<String> OUTSIDE_TRANSACTION =
      Set.of("MULTI", "EXEC", "DISCARD", "WATCH", "RESET", "QUIT");
  private static final Set<String> OF_SUBSCRIBERS =
      Set.of(
          "SUBSCRIBE",
          "UNSUBSCRIBE",
          "PSUBSCRIBE",
          "PUNSUBSCRIBE",
          "SSUBSCRIBE",
          "SUNSUBSCRIBE",
          "PING",
          "RESET",
          "QUIT");

  private final boolean shards;
  private final List<UnaryOperator<String>> queued = new ArrayList<>();
  private final Set<String> channels = new HashSet<>();
  private final Set<String> patterns = new HashSet<>();
  private final Set<String> shardChannels = new HashSet<>();
  private int protocol = 2;
  private boolean transaction;
  private boolean silent;
  private boolean skipping;
  private boolean unheard;
  private boolean quit;

  /**
   * @param shards whether the server knows SSUBSCRIBE
   */
  ClientState(boolean shards) {
    this.shards = shards;
  }

  int protocol() {
    return protocol;
  }

  boolean inTransaction() {
    return transaction;
  }

  boolean isSubscribed() {
    return !(channels.isEmpty() && patterns.isEmpty() && shardChannels.isEmpty());
  }

  /** Returns whether only commands about subscriptions are understood. */
  boolean onlySubscribes() {
    return protocol == 2 && isSubscribed();
  }

  /** Returns whether "all of them" is at most one, so that the order of the replies is known. */
  boolean leavesInOrder(String command) {
    return subscriptions(command).size() <= 1;
  }

  /** Returns whether what was sent last has no reply, so that nobody knows when it is executed. */
  boolean isUnheard() {
    return unheard;
  }

  boolean hasQuit() {
    return quit;
  }

  /** Takes note of a command, and returns how each of its replies is to be looked at. */
  List<UnaryOperator<String>> replies(Command command) {
    return replies(command, Mask.of(command)::apply);
  }

  /**
   * As {@link #replies(Command)}.
   *
   * @param mask how its one reply is looked at, here or in the reply to EXEC
   */
  List<UnaryOperator<String>> replies(Command command, UnaryOperator<String> mask) {
    if (command.args().isEmpty() || quit) {
      return List.of();
    }
    boolean skipped = skipping;
    boolean wasSilent = silent;
    skipping = false;
    List<UnaryOperator<String>> replies = answered(command, mask);
    unheard = skipped || silent || skipping;
    return skipped || (wasSilent && silent) ? List.of() : replies;
  }

  private static boolean isReply(Command command) {
    return command.word(1).equals("REPLY");
  }

  private List<UnaryOperator<String>> answered(Command command, UnaryOperator<String> mask) {
    String name = command.name();
    boolean alone = command.args().size() == 1;
    if (onlySubscribes() && !OF_SUBSCRIBERS.contains(name)) {
      return List.of(mask);
    }
    if (transaction && !OUTSIDE_TRANSACTION.contains(name)) {
      queued.add(mask);
      return List.of(mask);
    }
    return switch (name) {
      case "MULTI" -> alone ? begin() : List.of(EXACT);
      case "EXEC" -> alone ? execute() : end(mask); // a wrong EXEC aborts
      case "DISCARD" -> alone ? end(EXACT) : List.of(EXACT);
      case "RESET" -> alone ? reset() : List.of(EXACT);
      case "QUIT" -> quit();
      case "HELLO" -> hello(command, mask);
      case "CLIENT" -> client(command);
      case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE" -> subscribe(command);
      case "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE" -> unsubscribe(command);
      default -> List.of(mask);
    };
  }

  private List<UnaryOperator<String>> begin() {
    if (!transaction) {
      transaction = true;
      queued.clear();
    }
    return List.of(EXACT);
  }

  private List<UnaryOperator<String>> execute() {
    List<UnaryOperator<String>> masks = transaction ? List.copyOf(queued) : List.of();
    transaction = false;
    return List.of(reply -> Mask.applyAll(reply, masks));
  }

  private List<UnaryOperator<String>> end(UnaryOperator<String> mask) {
    transaction = false;
    return List.of(mask);
  }

  private List<UnaryOperator<String>> reset() {
    channels.clear();
    patterns.clear();
    shardChannels.clear();
    protocol = 2;
    return end(EXACT);
  }

  private List<UnaryOperator<String>> quit() {
    quit = true;
    return List.of(EXACT);
  }

  /** Options that are refused end in BOGUS, or name no protocol. */
  private List<UnaryOperator<String>> hello(Command command, UnaryOperator<String> mask) {
    String wanted = command.word(1);
    if ((wanted.equals("2") || wanted.equals("3"))
        && !command.word(command.args().size() - 1).equals("BOGUS")) {
      protocol = Integer.parseInt(wanted);
    }
    return List.of(mask);
  }

  private List<UnaryOperator<String>> client(Command command) {
    if (!isReply(command) || command.args().size() != 3) {
      return List.of(EXACT);
    }
    return switch (command.word(2)) {
      case "ON" -> {
        silent = false;
        yield List.of(EXACT);
      }
      case "OFF" -> {
        silent = true;
        yield List.of();
      }
      case "SKIP" -> {
        skipping = !silent;
        yield List.of();
      }
      default -> List.of(EXACT);
    };
  }

  private List<UnaryOperator<String>> subscribe(Command command) {
    int named = command.args().size() - 1;
    if (named == 0 || isUnknown(command)) {
      return List.of(EXACT);
    }
    subscriptions(command.name()).addAll(command.args().subList(1, named + 1));
    return Collections.nCopies(named, EXACT);
  }

  private List<UnaryOperator<String>> unsubscribe(Command command) {
    if (isUnknown(command)) {
      return List.of(EXACT);
    }
    Set<String> left = subscriptions(command.name());
    List<String> named = command.args().subList(1, command.args().size());
    int replies = named.isEmpty() ? Math.max(1, left.size()) : named.size();
    if (named.isEmpty()) {
      left.clear();
    } else {
      named.forEach(left::remove);
    }
    return Collections.nCopies(replies, EXACT);
  }

  private boolean isUnknown(Command command) {
    return !shards && command.name().startsWith("S") && !command.name().equals("SUBSCRIBE");
  }

  private Set<String> subscriptions(String command) {
    return switch (command) {
      case "SUBSCRIBE", "UNSUBSCRIBE" -> channels;
      case "PSUBSCRIBE", "PUNSUBSCRIBE" -> patterns;
      default -> shardChannels;
    };
  }
}

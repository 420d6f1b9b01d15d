package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.CommandFlag;
import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.command.Spread;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a client cannot have of several nodes as it would of one, in words. Stateless. */
final class ClusterRefusals {
  private ClusterRefusals() {}

  /**
   * Returns the error that answers a request of a pinned client, or null.
   *
   * @param slot of its first key
   */
  static byte @Nullable [] of(Session session, Command command, Request request, int slot) {
    String words = words(session, command, request, slot);
    return words == null ? null : Replies.error(words);
  }

  private static @Nullable String words(
      Session session, Command command, Request request, int slot) {
    boolean restricted = session.subscriber && session.protocol == 2;
    if (restricted && isForbiddenToSubscriber(command, request, slot)) {
      return forbidden(command);
    }
    ConnectionEffect effect = command.connectionEffect();
    if (effect == ConnectionEffect.REPLY_MODE && !request.argIs(2, "ON")) {
      return isMode(request)
          ? "ERR Nearside has to see the replies of a cluster: CLIENT REPLY is not for it"
          : "ERR syntax error";
    }
    if (!restricted && effect == ConnectionEffect.TRACKING && isOfOneNode(command, request)) {
      return "ERR Nearside cannot do this in front of a cluster, where it would be for one node";
    }
    if (session.transaction != null && isWatch(command, request)) {
      return "ERR WATCH inside MULTI is not allowed";
    }
    if (session.transaction != null
        && !command.equals(Command.unknown()) // its node says so
        && isNotQueued(command, request)) {
      return "ERR Nearside does not queue "
          + command.name()
          + " in front of a cluster, where it would be for one node";
    }
    return null;
  }

  /** Returns the error that answers a subscriber of RESP2. */
  static byte[] toSubscriber(Command command) {
    return Replies.error(forbidden(command));
  }

  private static String forbidden(Command command) {
    return "ERR Can't execute '"
        + command.name().toLowerCase(Locale.ROOT).replace(' ', '|')
        + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this"
        + " context";
  }

  /** What would go to the node that has the client's subscription is refused there. */
  private static boolean isForbiddenToSubscriber(Command command, Request request, int slot) {
    boolean goesElsewhere =
        slot != HashSlot.NONE
            || command.connectionEffect() == ConnectionEffect.REPLY_MODE
            || command.spread().isForAll()
            || command.spread() == Spread.CURSOR;
    boolean isSubscription =
        command.connectionEffect() == ConnectionEffect.SUBSCRIBE
            || command.connectionEffect() == ConnectionEffect.UNSUBSCRIBE;
    return goesElsewhere && !isSubscription && command.acceptsArgCount(request.argCount());
  }

  /** Its node would look for the keys first, and fail the transaction if it has not got them. */
  private static boolean isWatch(Command command, Request request) {
    return command.connectionEffect() == ConnectionEffect.WATCH
        && command.acceptsArgCount(request.argCount())
        && !command.has(CommandFlag.NO_MULTI);
  }

  private static boolean isMode(Request request) {
    return request.argIs(2, "OFF") || request.argIs(2, "SKIP");
  }

  /** CACHING is about the next command, whichever node gets that; REDIRECT names a connection. */
  private static boolean isOfOneNode(Command command, Request request) {
    if (command.name().equals("CLIENT CACHING")) {
      return request.argCount() == 3;
    }
    for (int i = 3; i < request.argCount(); i++) {
      if (request.argIs(i, "REDIRECT")) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNotQueued(Command command, Request request) {
    return switch (command.connectionEffect()) {
      case HELLO,
          AUTH,
          CLIENT_NAME,
          CLIENT_INFO,
          CLIENT_PUSHES,
          TRACKING,
          NO_TOUCH,
          KEEPS,
          SUBSCRIBE,
          UNSUBSCRIBE,
          MONITOR,
          REPLICATION ->
          true;
      default ->
          command.spread().isForAll()
              || command.spread() == Spread.CURSOR
              || request.argIs(0, "CLUSTER");
    };
  }

  /**
   * Returns the error for a large request of which it is not known where it goes, or null.
   *
   * @param slot of its first key, as far as it is here
   */
  static byte @Nullable [] ofLarge(Command command, Request head, int slot) {
    boolean hasKeys = command.firstKey() > 0 || command.has(CommandFlag.MOVABLE_KEYS);
    boolean isUnknown = head.argCount() == 0 || (hasKeys && slot == HashSlot.NONE);
    return isUnknown
        ? Replies.error(
            "ERR Nearside looks for the key of a large request in its first 64 KiB,"
                + " to find its node")
        : null;
  }
}

package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.CommandFlag;
import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told that has not said who it is, in the words and in the order of a Redis that
 * wants a password. A command that nobody knows is refused like one that is known.
 */
final class Strangers {
  private static final String NO_AUTH = "NOAUTH Authentication required.";

  /** What Redis says to a HELLO without credentials where it wants some. */
  private static final String NO_AUTH_HELLO =
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO"
          + " AUTH <user> <pass> option can be used to authenticate the client and"
          + " select the RESP protocol version at the same time";

  private Strangers() {}

  /** Returns why {@code request} may not be sent by a stranger, or null if it may. */
  static byte @Nullable [] refusal(Command command, Request request) {
    boolean ofContainer = command.name().indexOf(' ') >= 0;
    if (!ofContainer && !command.acceptsArgCount(request.argCount())) {
      String name = command.name().toLowerCase(Locale.ROOT);
      return refused(command, "ERR ", "wrong number of arguments for '" + name + "' command");
    }
    return switch (command.connectionEffect()) {
      case QUIT -> null;
      case HELLO -> lacksCredentials(request) ? Replies.error(NO_AUTH_HELLO) : null;
      default -> command.has(CommandFlag.NO_AUTH) ? null : refused(command, "", NO_AUTH);
    };
  }

  /**
   * Returns whether Redis closes the connection for {@code request} before it asks who sent it. One
   * that lists these words among its commands asks first.
   */
  static boolean isAttack(Command command, Request request) {
    return command.equals(Command.unknown())
        && (request.argIs(0, "POST") || request.argIs(0, "HOST:"));
  }

  /** EXEC says why it ends the transaction, also where there is none. */
  private static byte[] refused(Command command, String code, String why) {
    boolean executes = command.connectionEffect() == ConnectionEffect.MULTI_EXEC;
    String before = executes ? "EXECABORT Transaction discarded because of: " : code;
    return Replies.error(before + why);
  }

  /** Whatever is wrong with a HELLO, the upstream says. */
  private static boolean lacksCredentials(Request request) {
    boolean versioned = request.argIs(1, "2") || request.argIs(1, "3");
    HelloOptions options = HelloOptions.of(request);
    return (request.argCount() == 1 || versioned) && options != null && !options.authenticates();
  }
}

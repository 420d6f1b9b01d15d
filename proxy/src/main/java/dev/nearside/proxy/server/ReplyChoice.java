package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.command.Way;
import dev.nearside.proxy.resp.Request;
import org.jspecify.annotations.Nullable;

/** Chooses what takes the reply to a relayed command. Confined to the client's event loop. */
final class ReplyChoice {
  private final ClientConnection client;
  private final Session session;
  private final Touches touches;
  private final Subscriptions subscriptions;

  ReplyChoice(ClientConnection client, Touches touches, Subscriptions subscriptions) {
    this.client = client;
    this.session = client.session();
    this.touches = touches;
    this.subscriptions = subscriptions;
  }

  /**
   * Returns the reply to {@code request}, as far as that is here.
   *
   * @param argCount how many arguments it will have
   */
  RelayedReply to(Command command, Request request, int argCount, @Nullable Touch touch) {
    ConnectionEffect effect = command.connectionEffect();
    return switch (effect) {
      case SUBSCRIBE, UNSUBSCRIBE ->
          session.transaction == null
              ? new SubscriptionReply(client, subscriptions, command, argCount)
              : RelayedReply.to(client, command, request, touch);
      case HELLO, AUTH, SELECT, RESET, CLIENT_NAME, CLIENT_INFO ->
          new StateReply(client, effect, request, argCount == request.argCount());
      default ->
          isReadOfAnotherUser(command, request)
              ? new GrantedReply(client, touch, touches.key(request, 1))
              : RelayedReply.to(client, command, request, touch);
    };
  }

  private boolean isReadOfAnotherUser(Command command, Request request) {
    return command.way() == Way.LOCAL_GET
        && !session.ownIdentity
        && session.readsWhatItMay()
        && session.isDatabaseKnown()
        && request.argCount() == 2
        && request.argLength(1) <= LocalReads.MAX_NAME_BYTES;
  }
}

package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;

/**
 * The reply to SUBSCRIBE and its kin: one confirmation for each channel, or one error. In RESP3 the
 * confirmations are pushes; they are replies all the same.
 */
class SubscriptionReply extends RelayedReply {
  private static final int ALL = -1;

  private final ClientConnection client;
  private final Subscriptions subscriptions;
  private final String name;
  private int expected;
  private boolean refused;

  SubscriptionReply(
      ClientConnection client, Subscriptions subscriptions, Command command, int argCount) {
    this(
        client,
        subscriptions,
        command.name(),
        argCount > 1 || command.connectionEffect() == ConnectionEffect.SUBSCRIBE
            ? argCount - 1
            : ALL);
  }

  /** Creates a reply of {@code expected} confirmations. */
  SubscriptionReply(
      ClientConnection client, Subscriptions subscriptions, String name, int expected) {
    super(client, null, true, false, true);
    this.client = client;
    this.subscriptions = subscriptions;
    this.name = name;
    this.expected = expected;
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    append(in, from, to);
    if (first) {
      refused = in.getByte(from) == '-'; // a later piece may begin so by its channel's name
    }
    if (!last) {
      return;
    }
    if (refused) {
      client.session().subscriber = subscriptions.any();
    } else {
      if (expected == ALL) {
        expected = subscriptions.confirmationsOfAll(name);
      }
      expected--;
      // Of a confirmation in pieces, with a very long name, the kind has gone by.
      client.session().subscriber = !first || subscriptions.note(in, from, to);
      client.session().floorNs = System.nanoTime();
    }
    if (!expectsMore()) {
      complete();
    }
  }

  @Override
  public void refused(Reason reason) {
    client.session().subscriber = subscriptions.any();
    super.refused(reason);
  }

  @Override
  boolean isAwaited() {
    return !refused && expected != 0;
  }

  @Override
  public boolean expectsMore() {
    return !refused && expected > 0;
  }
}

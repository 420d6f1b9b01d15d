package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

/**
 * The reply of one node to SSUBSCRIBE or SUNSUBSCRIBE. The node counts the channels that it has,
 * the client is told of all.
 */
final class ShardReply extends SubscriptionReply {
  private final ClientConnection client;
  private final Subscriptions subscriptions;
  private final IntConsumer confirmed;
  private final IntSupplier elsewhere;
  private final IntSupplier all;
  private int count;

  /**
   * Creates a reply.
   *
   * @param expected how many confirmations will come
   * @param confirmed hears of each, counted from 0
   * @param elsewhere says how many channels the client has at other nodes by then
   * @param all says how many it will have, whichever node answers first
   */
  ShardReply(
      ClientConnection client,
      Subscriptions subscriptions,
      Command command,
      int expected,
      IntConsumer confirmed,
      IntSupplier elsewhere,
      IntSupplier all) {
    super(client, subscriptions, command.name(), expected);
    this.client = client;
    this.subscriptions = subscriptions;
    this.all = all;
    this.confirmed = confirmed;
    this.elsewhere = elsewhere;
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    boolean refused = first && in.getByte(from) == '-';
    if (last && !refused) {
      confirmed.accept(count++);
    }
    tell(in, from, to, first, last, refused);
    if (last) {
      subscriptions.countShards(all.getAsInt());
      client.session().subscriber = subscriptions.any();
    }
  }

  @Override
  public void refused(Reason reason) {
    subscriptions.countShards(all.getAsInt());
    super.refused(reason);
  }

  private void tell(ByteBuf in, int from, int to, boolean first, boolean last, boolean refused) {
    int others = elsewhere.getAsInt();
    int number = last && !refused ? numberStart(in, from, to) : -1;
    if (others == 0 || number < 0) {
      super.reply(in, from, to, first, last);
      return;
    }
    String own = in.toString(number, to - number - 2, StandardCharsets.US_ASCII);
    byte[] sum = (Long.parseLong(own) + others + "\r\n").getBytes(StandardCharsets.US_ASCII);
    ByteBuf told =
        Unpooled.wrappedBuffer(in.slice(from, number - from), Unpooled.wrappedBuffer(sum));
    super.reply(told, 0, told.readableBytes(), first, true);
  }

  /** Returns where the integer on the last line begins, {@code :12\r\n}, or -1. */
  private static int numberStart(ByteBuf in, int from, int to) {
    for (int i = to - 3; i > from; i--) {
      byte b = in.getByte(i);
      if (b == ':') {
        return i + 1;
      }
      if (b < '0' || b > '9') {
        return -1;
      }
    }
    return -1;
  }
}

package dev.nearside.proxy.relay;

import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Where the reply to one relayed request goes. All calls come on the event loop of the connection;
 * the last one is {@link #reply} with {@code last}, {@link #lost} or {@link #refused}.
 */
public interface ReplySink {
  /**
   * The next bytes of the reply. A reply of up to {@value AwaitedReplies#WHOLE_REPLY_BYTES} bytes
   * comes in one call.
   *
   * @param in holds them; the callee copies or retains a slice of what it keeps
   * @param from index of the first byte
   * @param to index after the last
   * @param first whether no byte of this reply came before
   * @param last whether no byte of this reply will come after
   */
  void reply(ByteBuf in, int from, int to, boolean first, boolean last);

  /** Returns whether the request has further replies to come, asked after each whole one. */
  default boolean expectsMore() {
    return false;
  }

  /** Returns who reads the replies in the end, or null for nobody who could be slow. */
  default @Nullable ReplyReader reader() {
    return null;
  }

  /** Returns whether its reader can take no more now; asked after each piece. */
  default boolean isFull() {
    return false;
  }

  /**
   * The upstream connection ended after the request was sent: whether it was executed is not known.
   */
  void lost();

  /** The upstream no longer sends replies that can be told apart; this one will not be marked. */
  default void untold() {}

  /** The request was not sent, and will not be. */
  void refused(Reason reason);
}

package dev.nearside.proxy.relay;

import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;

/**
 * Where the reply to one relayed request goes. All calls come on the event loop of the connection;
 * the last one is {@link #reply} with {@code last}, {@link #lost} or {@link #refused}.
 */
public interface ReplySink {
  /**
   * The next bytes of the reply. A reply of up to {@value UpstreamConnection#WHOLE_REPLY_BYTES}
   * bytes comes in one call.
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

  /** Returns whether it can take no more of a long reply now; asked after each piece of one. */
  default boolean isFull() {
    return false;
  }

  /** Calls {@code then} once, on the event loop, when a full sink has room again or is gone. */
  default void whenRoom(Runnable then) {
    then.run();
  }

  /**
   * The upstream connection ended after the request was sent: whether it was executed is not known.
   */
  void lost();

  /** The request was not sent, and will not be. */
  void refused(Reason reason);
}

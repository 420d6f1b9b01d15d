package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Takes the replies to deletions of leases that a request of a paused client waits for. */
final class LeaseDeletion implements ReplySink {
  private final Consumer<byte @Nullable []> ended;
  private int missing;
  private byte @Nullable [] error;

  /**
   * Creates a sink for {@code count} replies.
   *
   * @param ended told when all are there: the last error, or null
   */
  LeaseDeletion(int count, Consumer<byte @Nullable []> ended) {
    this.missing = count;
    this.ended = ended;
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (first && in.getByte(from) == '-') {
      error = new byte[to - from];
      in.getBytes(from, error);
    }
    if (last) {
      end();
    }
  }

  @Override
  public void lost() {
    error = RelayedReply.unavailable(Reason.DISCONNECTED);
    end();
  }

  @Override
  public void refused(Reason reason) {
    error = RelayedReply.unavailable(reason);
    end();
  }

  private void end() {
    if (--missing == 0) {
      ended.accept(error);
    }
  }
}

package dev.nearside.proxy.tier.redis;

import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import org.jspecify.annotations.Nullable;

/**
 * A command on a {@link TrackedLink}. Its answer, whatever it says, moves the staleness clock to
 * the moment at which it was sent; in a cluster only one that shows that the node is still the one
 * to ask. Ends once: in {@link #answered} or in {@link #unanswered}, on the connection's thread or
 * the sender's.
 */
class TrackedCommand<T> extends Command<byte[], byte[], T> {
  private final TrackedLink link;
  private final long sentAtNs;

  TrackedCommand(
      TrackedLink link,
      ProtocolKeyword type,
      CommandOutput<byte[], byte[], T> output,
      @Nullable CommandArgs<byte[], byte[]> args,
      long sentAtNs) {
    super(type, output, args);
    this.link = link;
    this.sentAtNs = sentAtNs;
    link.sending(sentAtNs);
  }

  /** The upstream has answered, be it with an error. */
  void answered() {}

  /** It will never be answered. */
  void unanswered() {}

  /** Returns whether the answer shows that the node of a cluster has the slots it is asked for. */
  boolean showsOwnership() {
    return succeeded();
  }

  final long sentAtNs() {
    return sentAtNs;
  }

  /** Returns whether it was answered by now, be it with an error. */
  final boolean wasAnswered() {
    return isDone() && exception == null;
  }

  /** Returns whether it was answered by now and the answer is no error. */
  final boolean succeeded() {
    return wasAnswered() && !getOutput().hasError();
  }

  @Override
  public final void complete() {
    super.complete();
    link.received(this);
    answered();
  }

  @Override
  public final boolean completeExceptionally(Throwable failure) {
    boolean first = super.completeExceptionally(failure);
    if (first) {
      unanswered();
    }
    return first;
  }

  @Override
  public final void cancel() {
    boolean first = !isDone();
    super.cancel();
    if (first) {
      unanswered();
    }
  }
}

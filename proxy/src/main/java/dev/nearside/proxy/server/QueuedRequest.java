package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplySink;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One request of a {@link RoutedTransaction}, and who waits for its reply. */
final class QueuedRequest {
  /** What it is to the transaction. */
  enum Kind {
    MULTI,
    QUEUED,
    EXEC,
    DISCARD
  }

  /** What Redis says to a request that it has queued. */
  static final byte[] QUEUED = "+QUEUED\r\n".getBytes(StandardCharsets.US_ASCII);

  private static final String ABORTED = "-EXECABORT";

  final Kind kind;
  final byte[] request;

  /** Takes the reply; null once it has. */
  @Nullable ReplySink to;

  QueuedRequest(Kind kind, byte[] request, ReplySink to) {
    this.kind = kind;
    this.request = request;
    this.to = to;
  }

  /** Returns whether nothing of the transaction comes behind it. */
  boolean isLast() {
    return kind == Kind.EXEC || kind == Kind.DISCARD;
  }

  /** Returns whether it is the EXEC of what a node has refused in part. */
  boolean isAborted(ByteBuf in, int from, int to) {
    return kind == Kind.EXEC
        && to - from >= ABORTED.length()
        && in.toString(from, ABORTED.length(), StandardCharsets.US_ASCII).equals(ABORTED);
  }
}

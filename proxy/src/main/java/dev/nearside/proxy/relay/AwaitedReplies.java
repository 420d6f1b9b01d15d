package dev.nearside.proxy.relay;

import dev.nearside.proxy.resp.ReplyScanner;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replies that one upstream connection owes, in order: finds them in what it sends and hands
 * each to its sink. Confined to the connection's event loop.
 *
 * <p>Bytes of a reply are handed on as they come, never gathered, except that a reply (or its first
 * {@value #WHOLE_REPLY_BYTES} bytes) is held until it can be shown in one piece: its type and, if
 * it is small, all of it is then seen at once by whoever has to act on it before it is released.
 */
final class AwaitedReplies {
  /** What is to be done by the connection; called as bytes are received. */
  interface Connection {
    /**
     * Says whether a frame is no reply to any request; asked with its first bytes.
     *
     * @param type the frame's first byte
     */
    boolean isPush(byte type, ByteBuf in, int from, int to);

    /** Out-of-band bytes: a push, or in pipe mode anything. */
    void push(ByteBuf in, int from, int to, boolean first, boolean last);

    /**
     * A reader has no room for what it is sent.
     *
     * @param alone whether nobody else waits for replies of this connection
     */
    void crowded(ReplyReader reader, boolean alone);

    /** A long reply begins, behind which nobody should begin to wait. */
    void longReply();

    /**
     * What was received is no RESP.
     *
     * @return whether it is to be passed on as it is, as in pipe mode
     */
    boolean passesMalformed();
  }

  /** Longer replies may come in several pieces. */
  static final int WHOLE_REPLY_BYTES = 4096;

  /** A bulk string of so many bytes is a long reply from its first byte on. */
  private static final long LONG_BULK_BYTES = 1024 * 1024;

  private static final Logger log = LoggerFactory.getLogger(AwaitedReplies.class);

  private final Connection connection;
  private final ReplyScanner scanner = new ReplyScanner();
  private final ArrayDeque<ReplySink> sinks = new ArrayDeque<>();
  private @Nullable ByteBuf held;
  private int heldScanned;
  private boolean frameStarted;
  private boolean pushing;
  private boolean pipe;

  AwaitedReplies(Connection connection) {
    this.connection = connection;
  }

  /** Awaits one more reply. */
  void add(ReplySink sink) {
    sinks.add(sink);
  }

  boolean isEmpty() {
    return sinks.isEmpty();
  }

  /** From now on nothing that comes is a reply: all of it is pushed. */
  void becomePipe() {
    pipe = true;
  }

  /** Hands on what came; {@code in} is released. */
  void received(ByteBuf in, ByteBufAllocator alloc) {
    ByteBuf all = in;
    int scanned = in.readerIndex();
    ByteBuf before = held;
    if (before != null) {
      scanned = before.readerIndex() + heldScanned;
      held = null;
      before.writeBytes(in);
      in.release();
      all = before;
    }
    try {
      handOn(all, scanned, alloc);
    } finally {
      all.release();
    }
  }

  /** Hands on every frame in {@code in}, of which everything before {@code scanned} was scanned. */
  private void handOn(ByteBuf in, int scanned, ByteBufAllocator alloc) {
    int start = in.readerIndex();
    int from = scanned;
    int end = in.writerIndex();
    while (start < end) {
      if (pipe) {
        connection.push(in, start, end, true, true);
        return;
      }
      int frameEnd = scanner.scan(in, from, end);
      if (frameEnd == ReplyScanner.MALFORMED) {
        if (!connection.passesMalformed()) {
          return;
        }
        untold();
        continue;
      }
      if (frameEnd < 0) {
        keepOrPass(in, start, end, alloc);
        return;
      }
      deliver(in, start, frameEnd, true);
      start = frameEnd;
      from = frameEnd;
    }
  }

  private void untold() {
    pipe = true;
    for (ReplySink sink = sinks.poll(); sink != null; sink = sinks.poll()) {
      sink.untold();
    }
  }

  private void keepOrPass(ByteBuf in, int start, int end, ByteBufAllocator alloc) {
    int length = end - start;
    if (frameStarted || length >= WHOLE_REPLY_BYTES) {
      deliver(in, start, end, false);
      return;
    }
    ByteBuf kept = alloc.buffer(WHOLE_REPLY_BYTES * 2);
    kept.writeBytes(in, start, length);
    held = kept;
    heldScanned = length;
  }

  private void deliver(ByteBuf in, int from, int to, boolean last) {
    boolean first = !frameStarted;
    frameStarted = !last;
    ReplySink sink = sinks.peek();
    if (first) {
      pushing = sink == null || connection.isPush(scanner.type(), in, from, to);
    }
    if (pushing || sink == null) {
      connection.push(in, from, to, first, last);
      return;
    }
    if (first && scanner.bulkBytesLeft() + to - from >= LONG_BULK_BYTES) {
      connection.longReply();
    }
    try {
      sink.reply(in, from, to, first, last);
    } catch (RuntimeException | OutOfMemoryError e) { // of one client, on a connection of many
      log.error("a reply could not be handed on; its client is closed", e);
      sinks.poll();
      sinks.addFirst(new Abandoned());
      sink.lost();
      sink = Objects.requireNonNull(sinks.peek());
    }
    if (last && !sink.expectsMore()) {
      sinks.poll();
    }
    if (sink.isFull()) {
      crowded(sink.reader());
    }
  }

  @SuppressWarnings("ReferenceEquality") // the very reader
  private void crowded(@Nullable ReplyReader reader) {
    if (reader == null) {
      return;
    }
    boolean waits = false;
    boolean alone = true;
    for (ReplySink sink : sinks) {
      boolean its = sink.reader() == reader;
      waits |= its;
      alone &= its;
    }
    if (waits) {
      connection.crowded(reader, alone);
    }
  }

  /** The connection has ended: nothing more will come. */
  void lost() {
    ByteBuf kept = held;
    held = null;
    if (kept != null) {
      kept.release();
    }
    for (ReplySink sink = sinks.poll(); sink != null; sink = sinks.poll()) {
      sink.lost();
    }
  }

  /** Takes the rest of a reply whose client was closed. */
  private static final class Abandoned implements ReplySink {
    @Override
    public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {}

    @Override
    public void lost() {}

    @Override
    public void refused(Reason reason) {}
  }
}

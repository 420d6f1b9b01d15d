package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.Spread;
import dev.nearside.proxy.relay.ReplyReader;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The reply to a request that several nodes of a cluster have answered, each its piece. An error of
 * one is the error of the whole, whatever the others did. Confined to the client's event loop.
 */
final class ScatteredReply extends RelayedReply {
  private final ClientConnection client;
  private final Spread spread;
  private final List<Scatter.Piece> pieces;
  private final Topology.View view;
  private final Part[] parts;
  private int missing;
  private boolean failed;

  /**
   * Creates a reply to which nothing has come.
   *
   * @param view by which the request was taken apart
   */
  ScatteredReply(
      ClientConnection client,
      Command command,
      Request request,
      @Nullable Touch touch,
      List<Scatter.Piece> pieces,
      Topology.View view) {
    super(
        client,
        touch,
        command.informative(request),
        touch != null && touch.isOpaque(),
        touch != null && touch.isOpaque());
    this.client = client;
    this.spread = command.spread();
    this.pieces = pieces;
    this.view = view;
    this.parts = new Part[pieces.size()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = new Part();
    }
    missing = parts.length;
  }

  /** Returns what takes the reply to piece {@code i}. */
  ReplySink part(int i) {
    return parts[i];
  }

  private void partCompleted() {
    if (--missing > 0 || failed) {
      client.replies().advance(); // nothing leaves yet, but the limit is looked at
      return;
    }
    List<ByteBuf> replies = new ArrayList<>(parts.length);
    for (Part part : parts) {
      ByteBuf reply = part.take();
      replies.add(reply == null ? Unpooled.EMPTY_BUFFER : reply); // its client is gone
    }
    try {
      if (client.isOpen()) {
        ByteBuf whole = whole(replies);
        reply(whole, whole.readerIndex(), whole.writerIndex(), true, true);
      } else {
        unanswered();
        complete();
      }
    } finally {
      replies.forEach(ByteBuf::release);
    }
  }

  private ByteBuf whole(List<ByteBuf> replies) {
    for (ByteBuf reply : replies) {
      if (reply.getByte(reply.readerIndex()) == '-') {
        return reply;
      }
    }
    return switch (spread) {
      case VALUES -> values(replies);
      case COUNTS, ALL_COUNT -> count(replies);
      case ALL_LIST -> list(replies);
      case CURSOR -> cursor(replies.getFirst());
      case PAIRS, ALL_SAME, KEYS, CHANNEL -> replies.getFirst();
    };
  }

  private static ByteBuf count(List<ByteBuf> replies) {
    long sum = 0;
    for (ByteBuf reply : replies) {
      sum += Long.parseLong(line(reply));
    }
    return Unpooled.wrappedBuffer(Replies.integer(sum));
  }

  /** The elements are strings or nothing; each goes where its key was. */
  private ByteBuf values(List<ByteBuf> replies) {
    int count = pieces.stream().mapToInt(piece -> piece.parts().size()).sum();
    @Nullable ByteBuf[] elements = new ByteBuf[count];
    for (int i = 0; i < replies.size(); i++) {
      ByteBuf reply = replies.get(i);
      line(reply);
      for (int key : pieces.get(i).parts()) {
        int start = reply.readerIndex();
        String head = line(reply);
        if (reply.getByte(start) == '$' && !head.equals("-1")) {
          reply.skipBytes(Integer.parseInt(head) + 2);
        }
        elements[key] = reply.slice(start, reply.readerIndex() - start);
      }
    }
    ByteBuf whole = Unpooled.buffer();
    Replies.writeArrayHeader(whole, count);
    for (ByteBuf element : elements) {
      whole.writeBytes(element);
    }
    return whole;
  }

  private static ByteBuf list(List<ByteBuf> replies) {
    int count = 0;
    ByteBuf body = Unpooled.buffer();
    for (ByteBuf reply : replies) {
      count += Integer.parseInt(line(reply));
      body.writeBytes(reply);
    }
    return Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(Replies.arrayHeader(count)), body);
  }

  private ByteBuf cursor(ByteBuf reply) {
    line(reply); // of the array
    line(reply); // of the cursor
    int index = pieces.getFirst().parts().getFirst();
    String next = Scatter.cursorAfter(view, text(reply), index);
    ByteBuf head = Unpooled.buffer();
    Replies.writeArrayHeader(head, 2);
    byte[] bytes = next.getBytes(StandardCharsets.US_ASCII);
    Replies.writeBulk(head, bytes, 0, bytes.length);
    return Unpooled.wrappedBuffer(head, reply.slice());
  }

  /** Reads a line, and returns what stands behind its first byte. */
  private static String line(ByteBuf reply) {
    reply.skipBytes(1);
    return text(reply);
  }

  private static String text(ByteBuf reply) {
    int length = reply.bytesBefore((byte) '\r');
    String text = reply.readCharSequence(length, StandardCharsets.US_ASCII).toString();
    reply.skipBytes(2);
    return text;
  }

  @Override
  public void lost() {
    if (!failed) {
      failed = true;
      super.lost();
    }
  }

  @Override
  void discardAll() {
    for (Part part : parts) {
      part.discard();
    }
    discard();
  }

  private final class Part extends PartReply implements ReplySink {
    Part() {
      super(client.replies(), ScatteredReply.this, ScatteredReply.this::partCompleted);
    }

    @Override
    public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
      append(in, from, to);
      if (last) {
        complete();
      } else {
        client.replies().advance(); // nothing leaves yet, but the limit is looked at
      }
    }

    @Override
    public ReplyReader reader() {
      return client;
    }

    @Override
    public void lost() {
      ScatteredReply.this.lost();
    }

    @Override
    public void refused(Reason reason) {
      append(unavailable(reason));
      complete();
    }
  }
}

package dev.nearside.proxy.server;

import dev.nearside.proxy.resp.RequestParser;
import dev.nearside.proxy.telemetry.CloseReason;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What one client has sent and has not been worked off: its bytes become requests, and each is sent
 * its way. Confined to the connection's event loop.
 *
 * <p>A request that cannot be taken yet stays in the buffer and is looked at again. A large one is
 * streamed, gathered or skipped, as the {@link RequestRouter} says.
 */
final class Intake {
  private static final int STREAM_ABOVE_BYTES = 64 * 1024;

  private final ClientConnection client;
  private final RequestParser parser;
  private final RequestRouter router;
  private final Session session;
  private @Nullable ByteBuf unread;
  private @Nullable LargeWay large;

  Intake(ClientConnection client) {
    this.client = client;
    this.session = client.session();
    ServerPolicy policy = client.context().policy();
    this.parser =
        new RequestParser(
            policy.maxBulkBytes(),
            policy.maxQueryBytes(),
            STREAM_ABOVE_BYTES,
            () -> session.authenticated);
    this.router = new RequestRouter(client);
  }

  /** Adds what was received, whose owner it is from now on. */
  void add(ByteBuf in) {
    ByteBuf before = unread;
    if (before == null) {
      unread = in;
    } else {
      before.discardSomeReadBytes();
      before.writeBytes(in);
      in.release();
    }
  }

  /** Returns how many bytes wait to be worked off. */
  int unread() {
    ByteBuf rest = unread;
    return rest == null ? 0 : rest.readableBytes();
  }

  /** Returns whether a large request is under way whose bytes are not kept. */
  boolean isStreaming() {
    return large == LargeWay.STREAMED || large == LargeWay.SKIPPED;
  }

  /**
   * Works off one request, or some bytes of a large one.
   *
   * @return whether it did; false: more bytes are needed, or the connection was paused
   */
  boolean step() {
    ByteBuf in = unread;
    if (in == null || !in.isReadable()) {
      return false;
    }
    if (large != null) {
      return stepOfLarge(large, in);
    }
    if (!session.authenticated && client.replies().owesReplies()) {
      client.pauseUntilDrained(); // the reply may let it in, and other limits count then
      return false;
    }
    return parse(in);
  }

  private boolean parse(ByteBuf in) {
    return switch (parser.parse(in)) {
      case NEED_MORE -> false;
      case EMPTY -> {
        parser.consume(in);
        yield true;
      }
      case REQUEST -> {
        boolean taken = router.route(parser.request());
        if (taken) {
          parser.consume(in);
        }
        yield taken;
      }
      case LARGE -> begin(in);
      case MALFORMED -> {
        client.answerLast(parser.errorReply());
        yield false;
      }
    };
  }

  private boolean begin(ByteBuf in) {
    LargeWay way =
        router.routeLarge(parser.request(), parser.announcedArgCount(), parser.announcedBytes());
    large = way == LargeWay.NOT_TAKEN ? null : way;
    if (way == LargeWay.GATHERED) {
      in.ensureWritable((int) Math.max(0, parser.announcedBytes() - in.readableBytes()));
      parser.gather(router.mostGathered());
    }
    return large != null;
  }

  private boolean stepOfLarge(LargeWay way, ByteBuf in) {
    return switch (way) {
      case STREAMED -> stream(in);
      case GATHERED -> gather(in);
      case SKIPPED -> skip(in);
      case NOT_TAKEN -> false;
    };
  }

  private boolean gather(ByteBuf in) {
    return switch (parser.parse(in)) {
      case NEED_MORE, EMPTY -> false;
      case REQUEST -> {
        boolean taken = router.routeGathered(parser.request());
        if (taken) {
          parser.consume(in);
          large = null;
          shrink(in);
        }
        yield taken;
      }
      case LARGE -> begin(in); // it is longer than it seemed
      case MALFORMED -> {
        client.answerLast(parser.errorReply());
        yield false;
      }
    };
  }

  private boolean skip(ByteBuf in) {
    int length = parser.streamable(in);
    if (length < 0) {
      endMalformed();
      return false;
    }
    in.skipBytes(length);
    if (parser.streamDone()) {
      large = null;
      shrink(in);
      router.skipped();
    }
    return length > 0;
  }

  private void endMalformed() {
    if (parser.errorReply().length == 0) {
      client.close(CloseReason.QUERY_BUFFER);
    } else {
      client.answerLast(parser.errorReply());
    }
  }

  /** What is left needs no buffer as large as a large request. */
  private void shrink(ByteBuf in) {
    if (in.isReadable()) {
      unread = in.alloc().buffer(in.readableBytes()).writeBytes(in);
      in.release();
    }
  }

  /**
   * Passes on what belongs to a large request. One that turns out malformed goes upstream as it is:
   * the upstream is within that request already, and refuses it in its own words.
   */
  private boolean stream(ByteBuf in) {
    OwnRelay upstream = client.upstream().own();
    int length = parser.streamable(in);
    if (length < 0 && parser.errorReply().length == 0) {
      client.close(CloseReason.QUERY_BUFFER);
      return false;
    }
    if (length < 0) {
      upstream.stream(in, in.readerIndex(), in.readableBytes(), false);
      in.skipBytes(in.readableBytes());
      client.pause();
      return false;
    }
    boolean last = parser.streamDone();
    boolean more = length == 0 || upstream.stream(in, in.readerIndex(), length, last);
    in.skipBytes(length);
    large = last ? null : LargeWay.STREAMED;
    if (!more) {
      client.pause();
    }
    return length > 0;
  }

  /** Gives the buffer back where nothing is left in it. */
  void releaseIfEmpty() {
    ByteBuf rest = unread;
    if (rest != null && !rest.isReadable()) {
      release();
    }
  }

  /** Gives up what was not worked off. */
  void close() {
    release();
    router.close();
  }

  private void release() {
    ByteBuf rest = unread;
    unread = null;
    if (rest != null) {
      rest.release();
    }
  }
}

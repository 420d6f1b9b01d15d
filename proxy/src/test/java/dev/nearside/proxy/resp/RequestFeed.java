package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Feeds a parser as a connection does, piece by piece, and writes down what it says. Before each
 * piece the unread bytes are moved to another buffer, at another index, and the old one is freed.
 */
final class RequestFeed {
  /** Without the leak detector, which notes each access: references are counted below. */
  private static final ByteBufAllocator DIRECT = new UnpooledByteBufAllocator(true, true);

  private final RequestParser parser;
  private final List<String> said = new ArrayList<>();
  private final StringBuilder streamed = new StringBuilder();
  private ByteBuf unread = Unpooled.EMPTY_BUFFER;
  private boolean streaming;
  private int moves;

  RequestFeed(RequestParser parser) {
    this.parser = parser;
  }

  /** Returns what the parser says to {@code bytes} cut at {@code cuts}, which ascend. */
  static List<String> transcript(RequestParser parser, byte[] bytes, int... cuts) {
    RequestFeed feed = new RequestFeed(parser);
    int from = 0;
    for (int cut : cuts) {
      feed.add(bytes, from, cut);
      from = cut;
    }
    feed.add(bytes, from, bytes.length);
    return feed.end();
  }

  void add(byte[] bytes, int from, int to) {
    int padding = ++moves % 3;
    int length = padding + unread.readableBytes() + to - from;
    ByteBuf moved = DIRECT.directBuffer(length);
    moved.writeZero(padding).skipBytes(padding);
    moved.writeBytes(unread).writeBytes(bytes, from, to - from);
    release();
    unread = moved;
    boolean more = true;
    while (more) {
      more = streaming ? stream() : parse();
    }
  }

  /** Returns what was said, and how many bytes were left unread. */
  List<String> end() {
    said.add("unread " + unread.readableBytes());
    release();
    return said;
  }

  private void release() {
    if (unread.refCnt() != 1) {
      throw new AssertionError("the parser kept a reference, or gave one away");
    }
    unread.release();
    unread = Unpooled.EMPTY_BUFFER;
  }

  private boolean parse() {
    int before = unread.readerIndex();
    RequestParser.Progress progress = parser.parse(unread);
    if (unread.readerIndex() != before) {
      throw new AssertionError("parse moved the reader index");
    }
    switch (progress) {
      case NEED_MORE -> {
        return false;
      }
      case MALFORMED -> {
        malformed();
        return false;
      }
      case LARGE -> {
        streaming = true;
        said.add("large of " + parser.announcedArgCount() + arguments());
      }
      case REQUEST -> {
        said.add("request" + arguments() + " as " + rewritten());
        parser.consume(unread);
      }
      case EMPTY -> {
        said.add("empty");
        parser.consume(unread);
      }
    }
    return true;
  }

  private boolean stream() {
    int bytes = parser.streamable(unread);
    if (bytes < 0) {
      malformed();
      return false;
    }
    streamed.append(unread.readCharSequence(bytes, StandardCharsets.ISO_8859_1));
    if (parser.streamDone()) {
      said.add("streamed " + streamed);
      streamed.setLength(0);
      streaming = false;
      return true;
    }
    return bytes > 0;
  }

  private void malformed() {
    String error = new String(parser.errorReply(), StandardCharsets.ISO_8859_1);
    if (!said.contains(error)) {
      said.add(error);
    }
    unread.clear();
  }

  private String arguments() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < parser.request().argCount(); i++) {
      text.append(" [").append(new String(parser.request().arg(i), StandardCharsets.ISO_8859_1));
      text.append(']');
    }
    return text.toString();
  }

  private String rewritten() {
    Request request = parser.request();
    return request
        .buffer()
        .toString(request.start(), request.length(), StandardCharsets.ISO_8859_1);
  }
}

package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;

/**
 * Finds the requests in what a client sends, and refuses what Redis refuses, in its words.
 *
 * <p>The boundaries are exactly those of Redis 7 ({@code networking.c}): a length line ends at its
 * {@code \r} and the byte after it, whichever it is; the two bytes after a bulk string are skipped
 * unread; a NUL hides the rest of a line. A request in which one of these is not the usual byte is
 * accepted, as there, and shown rewritten, so that no upstream can see another boundary in it.
 *
 * <p>A request that announces more than {@code streamAboveBytes} is {@link Progress#LARGE}: its
 * arguments so far are shown, and its bytes are then counted through by {@link #streamable}, never
 * gathered, unless {@link #gather} is called.
 *
 * <p>Confined to one event loop, one per connection. Holds no reference on any buffer and needs no
 * release. Between two calls the unread bytes may be moved, or copied to another buffer.
 */
public final class RequestParser {
  /** What a call of {@link #parse} found at the reader index. */
  public enum Progress {
    /** A whole request: see {@link #request}, then {@link #consume}. */
    REQUEST,
    /** The beginning of a request, or nothing. */
    NEED_MORE,
    /** The beginning of a large request: go on with {@link #streamable}. */
    LARGE,
    /** A request of no arguments, which is not answered: {@link #consume}. */
    EMPTY,
    /** No request: send {@link #errorReply} and close. Stays so. */
    MALFORMED
  }

  private enum Phase {
    FRESH,
    INLINE,
    COUNT,
    ARGUMENTS,
    STREAM,
    BROKEN
  }

  private static final int MAX_LINE_BYTES = 64 * 1024;

  /** What Redis allows a client that has not authenticated, against being filled by strangers. */
  private static final int MAX_ARGS_OF_STRANGER = 10;

  private static final int MAX_BULK_OF_STRANGER = 16 * 1024;
  private static final int NONE = -1;
  private static final int ERROR = -1;
  private static final byte[] NO_ERROR = {};

  private final long maxBulkBytes;
  private final long maxQueryBytes;
  private final int streamAboveBytes;
  private final BooleanSupplier authenticated;
  private final Request request = new Request();

  private Phase phase = Phase.FRESH;

  /** The longest request that is gathered now. */
  private int gatheredBytes;

  /** How far the request is understood, from the reader index. */
  private int position;

  /** How much of the line that begins at {@code position} has been searched for its end. */
  private int searched;

  private int announcedArgs;
  private int argsLeft;

  /** Length of the bulk string that begins at {@code position}; NONE before its length line. */
  private long bulkLength = NONE;

  /** Bytes of a large request's current bulk string, and its line end, still to come. */
  private long streamLeft;

  /** How many of those bytes may still come before the client is closed for them. */
  private long queryLeft;

  private boolean streamDone;
  private boolean unusual;
  private int consumable;
  private long number;
  private byte[] errorReply = NO_ERROR;

  /**
   * Makes a parser for one connection.
   *
   * @param maxBulkBytes the longest bulk string allowed: Redis's {@code proto-max-bulk-len}
   * @param streamAboveBytes the longest request that is gathered before it is shown
   */
  public RequestParser(long maxBulkBytes, int streamAboveBytes) {
    this(maxBulkBytes, Long.MAX_VALUE, streamAboveBytes, () -> true);
  }

  /**
   * Makes a parser for one connection, whose client may be a stranger at first.
   *
   * @param maxQueryBytes how much of one argument may come, its line end included: Redis's {@code
   *     client-query-buffer-limit}
   * @param authenticated whether it may send commands; while not, it may send nothing large, and
   *     what it sends is gathered
   */
  public RequestParser(
      long maxBulkBytes, long maxQueryBytes, int streamAboveBytes, BooleanSupplier authenticated) {
    this.maxBulkBytes = maxBulkBytes;
    this.maxQueryBytes = maxQueryBytes;
    this.streamAboveBytes = streamAboveBytes;
    this.gatheredBytes = streamAboveBytes;
    this.authenticated = authenticated;
  }

  /**
   * Looks at the bytes from the reader index on and moves no index. Continues where the last call
   * stopped if that said {@link Progress#NEED_MORE}.
   */
  public Progress parse(ByteBuf in) {
    int start = in.readerIndex();
    if (phase == Phase.FRESH) {
      if (start == in.writerIndex()) {
        return Progress.NEED_MORE;
      }
      begin(in, start);
    } else {
      request.moveTo(in, start);
    }
    return switch (phase) {
      case INLINE -> inline(in, start);
      case COUNT -> count(in, start);
      case ARGUMENTS -> arguments(in, start);
      case STREAM -> Progress.LARGE;
      case FRESH, BROKEN -> Progress.MALFORMED;
    };
  }

  /**
   * Returns the request found, or after {@link Progress#LARGE} what is known of it: the arguments
   * already complete, perhaps none, and the length so far. The same object each time; valid until
   * the next call of {@link #parse}, {@link #consume} or {@link #streamable}.
   */
  public Request request() {
    return request;
  }

  /** Moves the reader index past the request found, or past one of no arguments. */
  public void consume(ByteBuf in) {
    in.skipBytes(consumable);
    consumable = 0;
    gatheredBytes = streamAboveBytes;
    request.shed();
  }

  /** Returns how many arguments the request said it has; more than are shown if it is large. */
  public int announcedArgCount() {
    return announcedArgs;
  }

  /**
   * Returns how long the large request is at least, that was found and of which nothing was given
   * out: with the argument that comes next, but none behind it.
   */
  public long announcedBytes() {
    return position + streamLeft;
  }

  /**
   * Has the large request that was found gathered after all: {@link #parse} goes on with it, and
   * finds it whole, or large again where it has more than {@code mostBytes}.
   *
   * @param mostBytes at least {@link #announcedBytes}
   */
  public void gather(int mostBytes) {
    bulkLength = streamLeft - 2;
    phase = Phase.ARGUMENTS;
    gatheredBytes = mostBytes;
  }

  /**
   * Returns the error reply of Redis for what was malformed; of no bytes if nothing was, and for
   * more of an argument than may come, which Redis answers by closing alone.
   */
  public byte[] errorReply() {
    return errorReply;
  }

  /**
   * Returns how many bytes from the reader index on belong to the large request and may be passed
   * on; the first time, these include what {@link #request} showed. The caller moves the reader
   * index by exactly this number before the next call. Returns 0 if more bytes are needed or no
   * large request is under way, and -1 if what follows is malformed: see {@link #errorReply}.
   */
  public int streamable(ByteBuf in) {
    if (phase != Phase.STREAM) {
      return phase == Phase.BROKEN ? ERROR : 0;
    }
    int start = in.readerIndex();
    int limit = in.writerIndex();
    int at = start + position;
    while (argsLeft > 0) {
      int step = streamLeft > 0 ? streamBulk(limit - at) : streamLengthLine(in, at, limit);
      if (step < 0) {
        return ERROR;
      }
      if (step == 0) {
        break;
      }
      at += step;
    }
    position = 0;
    if (argsLeft == 0) {
      streamDone = true;
      phase = Phase.FRESH;
      gatheredBytes = streamAboveBytes;
    }
    return at - start;
  }

  /** Returns whether the last bytes that {@link #streamable} gave out complete the request. */
  public boolean streamDone() {
    return streamDone;
  }

  private void begin(ByteBuf in, int start) {
    request.reset(in, start);
    position = 0;
    searched = 0;
    consumable = 0;
    unusual = false;
    streamDone = false;
    phase = in.getByte(start) == '*' ? Phase.COUNT : Phase.INLINE;
  }

  /** {@code *2\r\n}. */
  private Progress count(ByteBuf in, int start) {
    int line = lengthLine(in, start, in.writerIndex(), '*');
    if (line <= 0) {
      return line == 0 ? Progress.NEED_MORE : Progress.MALFORMED;
    }
    if (number > Integer.MAX_VALUE) {
      return malformed("invalid multibulk length");
    }
    if (number > MAX_ARGS_OF_STRANGER && !authenticated.getAsBoolean()) {
      return malformed("unauthenticated multibulk length");
    }
    if (number <= 0) {
      return found(Progress.EMPTY, line);
    }
    announcedArgs = (int) number;
    argsLeft = announcedArgs;
    position = line;
    phase = Phase.ARGUMENTS;
    return arguments(in, start);
  }

  /** {@code $3\r\nGET\r\n$1\r\nk\r\n}. */
  private Progress arguments(ByteBuf in, int start) {
    int limit = in.writerIndex();
    while (argsLeft > 0) {
      if (bulkLength == NONE) {
        int line = bulkLine(in, start + position, limit);
        if (line <= 0) {
          return line == 0 ? Progress.NEED_MORE : Progress.MALFORMED;
        }
        position += line;
        if (position + bulkLength + 2 > gatheredBytes && authenticated.getAsBoolean()) {
          return large();
        }
      }
      int end = position + (int) bulkLength;
      if (end + 2 > limit - start) {
        return Progress.NEED_MORE;
      }
      unusual |= in.getShort(start + end) != LengthLine.CRLF;
      request.addArg(position, (int) bulkLength);
      position = end + 2;
      bulkLength = NONE;
      argsLeft--;
    }
    request.length(position);
    if (unusual) {
      request.rewrite();
    }
    return found(Progress.REQUEST, position);
  }

  private Progress large() {
    request.length(position);
    streamBegins();
    phase = Phase.STREAM;
    return Progress.LARGE;
  }

  private void streamBegins() {
    streamLeft = bulkLength + 2;
    queryLeft = maxQueryBytes;
    bulkLength = NONE;
  }

  private int streamBulk(int available) {
    int step = (int) Math.min(streamLeft, available);
    queryLeft -= step;
    if (queryLeft < 0) {
      phase = Phase.BROKEN; // Redis says nothing then
      return ERROR;
    }
    streamLeft -= step;
    if (streamLeft == 0) {
      argsLeft--;
    }
    return step;
  }

  private int streamLengthLine(ByteBuf in, int at, int limit) {
    int line = bulkLine(in, at, limit);
    if (line > 0) {
      streamBegins();
    }
    return line;
  }

  /** {@code $3\r\n}: sets {@code bulkLength}; its result is that of {@link #lengthLine}. */
  private int bulkLine(ByteBuf in, int at, int limit) {
    int line = lengthLine(in, at, limit, '$');
    if (line > 0) {
      if (number < 0 || number > maxBulkBytes) {
        malformed("invalid bulk length");
        return ERROR;
      }
      if (number > MAX_BULK_OF_STRANGER && !authenticated.getAsBoolean()) {
        return refuse("unauthenticated bulk length");
      }
      bulkLength = number;
    }
    return line;
  }

  /** Sets {@code number}. Returns the line's bytes, 0 if more are needed, ERROR if malformed. */
  private int lengthLine(ByteBuf in, int at, int limit, char type) {
    if (limit - at >= Long.BYTES) {
      long word = in.getLong(at);
      int decoded = LengthLine.decode(word);
      if (decoded != LengthLine.OTHER && word >>> 56 == type) {
        searched = 0;
        number = LengthLine.number(decoded);
        return LengthLine.length(decoded);
      }
    }
    return otherLengthLine(in, at, limit, type);
  }

  private int otherLengthLine(ByteBuf in, int at, int limit, char type) {
    int end = lineEnd(in, at, limit, '\r');
    if (end < 0) {
      String what = type == '*' ? "too big mbulk count string" : "too big bulk count string";
      return end == ERROR ? refuse(what) : 0;
    }
    if (end + 1 == limit) {
      return 0;
    }
    searched = 0;
    if (in.getByte(at) != type) {
      return refuseType(in.getByte(at));
    }
    number = Decimal.parse(in, at + 1, end);
    if (number == Decimal.INVALID) {
      return refuse(type == '*' ? "invalid multibulk length" : "invalid bulk length");
    }
    unusual |= in.getByte(end + 1) != '\n';
    return end + 2 - at;
  }

  /** {@code GET k\r\n}. */
  private Progress inline(ByteBuf in, int start) {
    int end = lineEnd(in, start, in.writerIndex(), '\n');
    if (end < 0) {
      return end == ERROR ? malformed("too big inline request") : Progress.NEED_MORE;
    }
    int to = end > start && in.getByte(end - 1) == '\r' ? end - 1 : end;
    if (!new InlineArguments(in, start, to).split(request)) {
      return malformed("unbalanced quotes in request");
    }
    announcedArgs = request.argCount();
    Progress progress = announcedArgs == 0 ? Progress.EMPTY : Progress.REQUEST;
    return found(progress, end + 1 - start);
  }

  /**
   * Returns the index of the byte that ends the line beginning at {@code at}, or ERROR if the line
   * is too long, or less if the end is not there yet. Nothing is found behind a NUL: Redis searches
   * with {@code strchr}. Never looks at a byte twice.
   */
  private int lineEnd(ByteBuf in, int at, int limit, char last) {
    int stop = (int) Math.min(limit, at + MAX_LINE_BYTES + 1L);
    for (int i = at + searched; i < stop; i++) {
      byte b = in.getByte(i);
      if (b == last) {
        return i;
      }
      if (b == 0) {
        stop = i;
      }
    }
    searched = stop - at;
    return limit - at > MAX_LINE_BYTES ? ERROR : ERROR - 1;
  }

  private Progress found(Progress progress, int bytes) {
    consumable = bytes;
    phase = Phase.FRESH;
    return progress;
  }

  private Progress malformed(String what) {
    refuse(what);
    return Progress.MALFORMED;
  }

  private int refuse(String what) {
    errorReply = Replies.error("ERR Protocol error: " + what);
    phase = Phase.BROKEN;
    return ERROR;
  }

  /** The byte is quoted as it is, whatever it means in any character set. */
  private int refuseType(byte type) {
    char shown = type == '\r' || type == '\n' ? ' ' : (char) (type & 0xff);
    String line = "-ERR Protocol error: expected '$', got '" + shown + "'\r\n";
    errorReply = line.getBytes(StandardCharsets.ISO_8859_1);
    phase = Phase.BROKEN;
    return ERROR;
  }
}

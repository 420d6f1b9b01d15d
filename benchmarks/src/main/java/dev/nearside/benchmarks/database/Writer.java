package dev.nearside.benchmarks.database;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.IntSupplier;

/** One client: sets some keys at once, waits for the replies, sets the next ones. */
final class Writer {
  private static final int MOST_REPLY = 512;
  private static final byte[] OK = "+OK\r\n".getBytes(US_ASCII);
  private static final byte[] FULL = "-ERR nothing was written: the outbox".getBytes(US_ASCII);

  private final SocketChannel channel;
  private final ByteBuffer out;
  private final ByteBuffer in;
  private final byte[] request;
  private final int keyAt;
  private final int pipeline;
  private int at;
  private int unanswered;
  private int acknowledged;
  private int refused;
  private long sentNs;

  private Writer(SocketChannel channel, Accounts.Way way, int pipeline) {
    this.channel = channel;
    this.request = way.request();
    this.out = ByteBuffer.allocateDirect(pipeline * request.length);
    this.in = ByteBuffer.allocateDirect(pipeline * MOST_REPLY);
    this.keyAt = way.keyAt();
    this.pipeline = pipeline;
  }

  /** Connects to a loopback port and registers for reading, itself as the attachment. */
  static Writer open(int port, Selector selector, Accounts.Way way, int pipeline)
      throws IOException {
    SocketChannel channel =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    Writer writer = new Writer(channel, way, pipeline);
    channel.register(selector, SelectionKey.OP_READ, writer);
    return writer;
  }

  /** Sets as many keys as the pipeline is long, of rows that {@code row} gives. */
  void set(IntSupplier row, IntSupplier number) throws IOException {
    out.clear();
    for (int i = 0; i < pipeline; i++) {
      int start = out.position();
      out.put(request);
      putDigits(start + keyAt, row.getAsInt());
      putDigits(out.position() - 2 - Accounts.DIGITS, number.getAsInt());
    }
    in.clear();
    at = 0;
    unanswered = pipeline;
    sentNs = System.nanoTime();
    channel.write(out.flip());
    if (out.hasRemaining()) {
      throw new IOException("the sidecar reads nothing more");
    }
  }

  private void putDigits(int where, int number) {
    int rest = number;
    for (int i = Accounts.DIGITS - 1; i >= 0; i--) {
      out.put(where + i, (byte) ('0' + rest % 10));
      rest /= 10;
    }
  }

  /**
   * Takes what has come.
   *
   * @throws IOException if it is another error than that of a full outbox, or the end
   */
  void read() throws IOException {
    if (channel.read(in) < 0) {
      throw new IOException("the sidecar closed a connection");
    }
    acknowledged = 0;
    refused = 0;
    for (int end = at; end < in.position(); end++) {
      if (in.get(end) == '\n') {
        take(end + 1);
      }
    }
  }

  private void take(int end) throws IOException {
    if (says(OK)) {
      acknowledged++;
    } else if (says(FULL)) {
      refused++;
    } else {
      byte[] said = new byte[end - at];
      in.get(at, said);
      throw new IOException("a write was answered with " + new String(said, US_ASCII).strip());
    }
    at = end;
    unanswered--;
  }

  private boolean says(byte[] words) {
    return in.slice(at, Math.min(words.length, in.position() - at)).equals(ByteBuffer.wrap(words));
  }

  /** Returns how many writes were acknowledged by what was taken last. */
  int acknowledged() {
    return acknowledged;
  }

  /** Returns how many were refused in the same, because the outbox is full. */
  int refused() {
    return refused;
  }

  boolean isAnswered() {
    return unanswered == 0;
  }

  /** Returns when the requests were written, on {@link System#nanoTime()}'s scale. */
  long sentNs() {
    return sentNs;
  }

  void close() throws IOException {
    channel.close();
  }
}

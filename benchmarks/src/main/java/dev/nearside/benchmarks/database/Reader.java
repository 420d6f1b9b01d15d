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

/** One client: asks for some rows at once, checks each reply, asks for the next ones. */
final class Reader {
  private static final int MOST_SHOWN = 160;
  private static final byte[] REQUEST = KeyValues.request();
  private static final byte[] REPLY = KeyValues.reply();
  private static final int REQUEST_DIGITS_AT = REQUEST.length - 2 - KeyValues.DIGITS;
  private static final int REPLY_DIGITS_AT = REPLY.length - 2 - KeyValues.DIGITS;

  private final SocketChannel channel;
  private final ByteBuffer out;
  private final ByteBuffer in;
  private final int[] rows;
  private int answered;
  private long sentNs;

  private Reader(SocketChannel channel, int pipeline) {
    this.channel = channel;
    this.rows = new int[pipeline];
    this.out = ByteBuffer.allocateDirect(pipeline * REQUEST.length);
    this.in = ByteBuffer.allocateDirect(pipeline * REPLY.length);
  }

  /** Connects to a loopback port and registers for reading, itself as the attachment. */
  static Reader open(int port, Selector selector, int pipeline) throws IOException {
    SocketChannel channel =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    Reader reader = new Reader(channel, pipeline);
    channel.register(selector, SelectionKey.OP_READ, reader);
    return reader;
  }

  /** Asks for the rows of the next turns, as many as the pipeline is long. */
  void ask(long firstTurn, int rowsInTable) throws IOException {
    out.clear();
    for (int i = 0; i < rows.length; i++) {
      rows[i] = KeyValues.row(firstTurn + i, rowsInTable);
      int start = out.position();
      out.put(REQUEST);
      putDigits(start + REQUEST_DIGITS_AT, rows[i]);
    }
    answered = 0;
    in.clear();
    sentNs = System.nanoTime();
    channel.write(out.flip());
    if (out.hasRemaining()) {
      throw new IOException("the sidecar reads nothing more");
    }
  }

  private void putDigits(int at, int row) {
    int rest = row;
    for (int i = KeyValues.DIGITS - 1; i >= 0; i--) {
      out.put(at + i, (byte) ('0' + rest % 10));
      rest /= 10;
    }
  }

  /**
   * Takes what has come, and returns how many replies were completed.
   *
   * @throws IOException if a reply is not the row that was asked for, or the connection closed
   */
  int read() throws IOException {
    if (channel.read(in) < 0) {
      throw new IOException("the sidecar closed a connection");
    }
    int before = answered;
    while (answered < rows.length && (answered + 1) * REPLY.length <= in.position()) {
      check(answered * REPLY.length, rows[answered]);
      answered++;
    }
    int next = answered * REPLY.length;
    if (next < in.position() && in.get(next) == '-') {
      throw wrong(next, rows[answered]);
    }
    return answered - before;
  }

  private void check(int at, int row) throws IOException {
    int rest = row;
    for (int i = REPLY_DIGITS_AT + KeyValues.DIGITS - 1; i >= REPLY_DIGITS_AT; i--) {
      if (in.get(at + i) != '0' + rest % 10) {
        throw wrong(at, row);
      }
      rest /= 10;
    }
    for (int i = 0; i < REPLY_DIGITS_AT; i++) {
      if (in.get(at + i) != REPLY[i]) {
        throw wrong(at, row);
      }
    }
  }

  private IOException wrong(int at, int row) {
    byte[] said = new byte[Math.min(in.position() - at, MOST_SHOWN)];
    in.get(at, said);
    return new IOException(
        "row " + row + " was answered with " + new String(said, US_ASCII).strip());
  }

  boolean isAnswered() {
    return answered == rows.length;
  }

  /** Returns when the requests were written, on {@link System#nanoTime()}'s scale. */
  long sentNs() {
    return sentNs;
  }

  void close() throws IOException {
    channel.close();
  }
}

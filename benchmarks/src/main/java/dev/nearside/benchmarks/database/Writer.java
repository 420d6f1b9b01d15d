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

/** One client: sets a key, waits for the reply, sets the next one. */
final class Writer {
  private static final int MOST_REPLY = 512;
  private static final String OK = "+OK\r\n";

  private final SocketChannel channel;
  private final ByteBuffer out;
  private final ByteBuffer in = ByteBuffer.allocateDirect(MOST_REPLY);
  private final int keyAt;
  private long sentNs;

  /** What came. */
  enum Reply {
    NOTHING_YET,
    ACKNOWLEDGED,
    /** The outbox is full. */
    REFUSED
  }

  private Writer(SocketChannel channel, Accounts.Way way) {
    byte[] request = way.request();
    this.channel = channel;
    this.out = ByteBuffer.allocateDirect(request.length).put(request);
    this.keyAt = way.keyAt();
  }

  /** Connects to a loopback port and registers for reading, itself as the attachment. */
  static Writer open(int port, Selector selector, Accounts.Way way) throws IOException {
    SocketChannel channel =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    Writer writer = new Writer(channel, way);
    channel.register(selector, SelectionKey.OP_READ, writer);
    return writer;
  }

  /** Sets the key of {@code row} to a value with {@code number}. */
  void set(int row, int number) throws IOException {
    putDigits(keyAt, row);
    putDigits(out.capacity() - 2 - Accounts.DIGITS, number);
    in.clear();
    sentNs = System.nanoTime();
    channel.write(out.rewind());
    if (out.hasRemaining()) {
      throw new IOException("the sidecar reads nothing more");
    }
  }

  private void putDigits(int at, int number) {
    int rest = number;
    for (int i = Accounts.DIGITS - 1; i >= 0; i--) {
      out.put(at + i, (byte) ('0' + rest % 10));
      rest /= 10;
    }
  }

  /**
   * Takes what has come.
   *
   * @throws IOException if it is another error than that of a full outbox, or the end
   */
  Reply read() throws IOException {
    if (channel.read(in) < 0) {
      throw new IOException("the sidecar closed a connection");
    }
    if (in.position() < 2 || in.get(in.position() - 1) != '\n') {
      return Reply.NOTHING_YET;
    }
    byte[] bytes = new byte[in.position()];
    in.get(0, bytes);
    String said = new String(bytes, US_ASCII);
    if (said.equals(OK)) {
      return Reply.ACKNOWLEDGED;
    }
    if (said.startsWith("-ERR nothing was written: the outbox")) {
      return Reply.REFUSED;
    }
    throw new IOException("a write was answered with " + said.strip());
  }

  /** Returns when the request was written, on {@link System#nanoTime()}'s scale. */
  long sentNs() {
    return sentNs;
  }

  void close() throws IOException {
    channel.close();
  }
}

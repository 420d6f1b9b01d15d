package dev.nearside.benchmarks.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** One client: writes a batch, counts its replies, writes the next. Confined to one thread. */
final class LoadConnection {
  private final SocketChannel channel;
  private final SelectionKey key;
  private final Requests requests;
  private final ByteBuffer batch;
  private final int pipeline;
  private final ReplyCounter replies = new ReplyCounter();
  private long sentNs;
  private int awaited;

  private LoadConnection(SocketChannel channel, Selector selector, Requests requests, int pipeline)
      throws IOException {
    this.channel = channel;
    this.requests = requests;
    this.batch = requests.view();
    this.pipeline = pipeline;
    this.key = channel.register(selector, SelectionKey.OP_READ, this);
  }

  /** Connects to a loopback port and registers for reading, itself as the attachment. */
  static LoadConnection open(Load load, Selector selector, Requests requests) throws IOException {
    SocketChannel channel =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), load.port()));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    return new LoadConnection(channel, selector, requests, load.pipeline());
  }

  /** Writes the next batch; the previous one must be answered. */
  void sendBatch() throws IOException {
    requests.nextBatch(batch);
    awaited = pipeline;
    sentNs = System.nanoTime();
    flush();
  }

  /** Writes what the socket had no room for. */
  void flush() throws IOException {
    channel.write(batch);
    int interest =
        batch.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
    if (key.interestOps() != interest) {
      key.interestOps(interest);
    }
  }

  /**
   * Reads what is there and returns how many replies ended in it.
   *
   * @param buffer where to read; its content is not needed afterwards
   * @throws IOException if the server closed the connection or sent more than was asked for
   */
  int read(ByteBuffer buffer) throws IOException {
    buffer.clear();
    if (channel.read(buffer) < 0) {
      throw new IOException("the server closed a connection");
    }
    int ended = replies.count(buffer.flip());
    awaited -= ended;
    if (awaited < 0) {
      throw new IOException("the server sent more replies than there were requests");
    }
    return ended;
  }

  /** Returns whether the batch is answered. */
  boolean isAnswered() {
    return awaited == 0;
  }

  /** Returns when the batch was written, on {@link System#nanoTime()}'s scale. */
  long sentNs() {
    return sentNs;
  }

  long errors() {
    return replies.errors();
  }

  void close() throws IOException {
    channel.close();
  }
}

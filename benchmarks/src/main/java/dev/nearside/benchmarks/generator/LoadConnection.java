package dev.nearside.benchmarks.generator;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** One client: writes a batch, checks its replies, writes the next. Confined to one thread. */
final class LoadConnection {
  private final Wire wire;
  private final SelectionKey key;
  private final Batch batch;
  private final ReplyCheck check;
  private long sentNs;
  private long dueNs;
  private long receivedBytes;

  private LoadConnection(Wire wire, Selector selector, Batch batch) throws IOException {
    this.wire = wire;
    this.batch = batch;
    this.check = new ReplyCheck(batch);
    this.key = wire.channel().register(selector, SelectionKey.OP_READ, this);
  }

  /** Connects and registers for reading, itself as the attachment. */
  static LoadConnection open(Address address, Selector selector, Batch batch) throws IOException {
    return new LoadConnection(Wire.open(address), selector, batch);
  }

  /** Writes the next batch; the previous one must be answered. */
  void sendBatch() throws IOException {
    batch.next();
    check.begin();
    sentNs = System.nanoTime();
    flush();
  }

  /** Has replies to the batch be waited for since another moment than its writing. */
  void waitsSince(long atNs) {
    sentNs = atNs;
  }

  /** Returns when the next batch is due, on {@link System#nanoTime()}'s scale. */
  long dueNs() {
    return dueNs;
  }

  /** Sets when the next batch is due. */
  void due(long atNs) {
    dueNs = atNs;
  }

  /** Writes what the socket had no room for. */
  void flush() throws IOException {
    boolean left = wire.write(batch.bytes());
    int interest = left ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE;
    if (key.interestOps() != interest) {
      key.interestOps(interest);
    }
  }

  /**
   * Reads what is there and returns how many replies ended in it.
   *
   * @param buffer where to read; its content is not needed afterwards
   * @param memory the same, as a segment
   * @throws IOException if the server closed the connection
   * @throws WrongReplyException if a reply is not what it must be
   */
  int read(ByteBuffer buffer, MemorySegment memory) throws IOException {
    int n = wire.read(buffer.clear());
    if (n < 0) {
      throw new IOException("the server closed a connection");
    }
    receivedBytes += n;
    return check.consume(memory, n);
  }

  /** Returns whether the batch is answered. */
  boolean isAnswered() {
    return check.isDone();
  }

  /**
   * Returns since when replies to the batch are waited for, on {@link System#nanoTime()}'s scale.
   */
  long sentNs() {
    return sentNs;
  }

  /** Returns how many bytes have come. */
  long receivedBytes() {
    return receivedBytes;
  }

  void close() throws IOException {
    wire.close();
  }
}

package dev.nearside.proxy.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What goes to one client: small replies gather in one buffer, large ones pass as slices of the
 * buffer they came in. Confined to the connection's event loop.
 */
final class Output {
  private static final int SLICE_BYTES = 16 * 1024;
  private static final int BUFFER_BYTES = 1024;
  private static final int MAX_GATHERED_BYTES = 64 * 1024;
  private static final int FORGETTING = 16;

  private final Channel channel;
  private @Nullable ByteBuf gathered;

  /** About what is gathered until it is sent, by what was lately: growing a buffer copies it. */
  private int usualBytes = BUFFER_BYTES;

  private boolean written;
  private long bytes;
  private int largest;

  Output(Channel channel) {
    this.channel = channel;
  }

  /**
   * Returns the buffer to append at most {@code length} bytes to, before anything else is written.
   */
  ByteBuf buffer(int length) {
    bytes += length;
    largest = Math.max(largest, length);
    ByteBuf buffer = gathered;
    if (buffer != null && buffer.readableBytes() + length > MAX_GATHERED_BYTES) {
      handOver();
      buffer = null;
    }
    if (buffer == null) {
      buffer = allocate(Math.max(usualBytes, length));
      gathered = buffer;
    }
    return buffer;
  }

  /** Copies small bytes, passes large ones by reference. */
  void write(ByteBuf in, int from, int to) {
    int length = to - from;
    if (length < SLICE_BYTES) {
      buffer(length).writeBytes(in, from, length);
    } else {
      writeOwned(in.retainedSlice(from, length));
    }
  }

  /** Writes a buffer, which is the output's from now on. */
  void writeOwned(ByteBuf whole) {
    if (whole.readableBytes() < SLICE_BYTES) {
      buffer(whole.readableBytes()).writeBytes(whole);
      whole.release();
      return;
    }
    bytes += whole.readableBytes();
    largest = Math.max(largest, whole.readableBytes());
    handOver();
    channel.write(whole, channel.voidPromise());
    written = true;
  }

  /** Sends everything. */
  void flush() {
    handOver();
    if (written) {
      written = false;
      channel.flush();
    }
  }

  /** Returns a buffer for about {@code length} bytes, owned by the caller. */
  ByteBuf allocate(int length) {
    return channel.alloc().buffer(Math.max(BUFFER_BYTES, length));
  }

  /** Returns how many bytes have been written in all. */
  long bytes() {
    return bytes;
  }

  /** Returns how many bytes the client's socket has taken in all. */
  long taken() {
    ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
    return bytes - gathered() - (outbound == null ? 0 : outbound.totalPendingWriteBytes());
  }

  /**
   * Returns whether the client has left more than {@code limit} bytes unread, the largest single
   * piece aside: a value that is larger than the limit can be read all the same.
   */
  boolean isOver(long limit) {
    ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
    long pending = outbound == null ? 0 : outbound.totalPendingWriteBytes();
    if (pending == 0) {
      largest = 0;
    }
    return pending > limit + largest;
  }

  /** Returns how many bytes have not been handed to the channel. */
  int gathered() {
    ByteBuf buffer = gathered;
    return buffer == null ? 0 : buffer.readableBytes();
  }

  /** Gives up what was not handed to the channel. */
  void discard() {
    ByteBuf buffer = gathered;
    gathered = null;
    if (buffer != null) {
      buffer.release();
    }
  }

  private void handOver() {
    ByteBuf buffer = gathered;
    if (buffer != null) {
      gathered = null;
      usualBytes = Math.max(buffer.readableBytes(), usualBytes - usualBytes / FORGETTING);
      channel.write(buffer, channel.voidPromise());
      written = true;
    }
  }
}

package dev.nearside.benchmarks.generator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** The bytes of one connection, whatever they are wrapped in. Confined to one thread. */
sealed interface Wire permits PlainWire, TlsWire {
  /** Returns a connected one that does not block; the caller closes it. */
  static Wire open(Address address) throws IOException {
    Wire wire =
        address.certificate().isEmpty() ? new PlainWire(address.connect()) : TlsWire.open(address);
    wire.channel().configureBlocking(false);
    return wire;
  }

  /** Returns the channel, to be waited for. */
  SocketChannel channel();

  /**
   * Writes as much as the socket has room for, and before that what an earlier write has kept.
   *
   * @return whether all of it has left; if not, it is to be called again when there is room
   */
  boolean write(ByteBuffer bytes) throws IOException;

  /**
   * Reads what is there.
   *
   * @param into an empty buffer of at least 128 KiB
   * @return how many bytes that was, or -1 if the server closed the connection
   */
  int read(ByteBuffer into) throws IOException;

  /** Closes the channel. */
  default void close() throws IOException {
    channel().close();
  }
}

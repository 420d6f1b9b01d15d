package dev.nearside.benchmarks.generator;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;

/**
 * Where a server on this machine listens.
 *
 * @param port of the loopback interface, or 0
 * @param path the Unix socket's, or empty
 */
public record Address(int port, String path) {
  /** Returns that of a loopback port. */
  public static Address ofPort(int port) {
    return new Address(port, "");
  }

  /** Returns that of a Unix socket. */
  public static Address ofPath(String path) {
    return new Address(0, path);
  }

  /**
   * Returns a new connection, which the caller closes.
   *
   * @throws IOException if nothing listens there
   */
  public SocketChannel connect() throws IOException {
    if (!path.isEmpty()) {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      channel.connect(UnixDomainSocketAddress.of(path));
      return channel;
    }
    SocketChannel channel =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    return channel;
  }
}

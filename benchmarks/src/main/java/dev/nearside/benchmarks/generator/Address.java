package dev.nearside.benchmarks.generator;

import dev.nearside.benchmarks.servers.EmbeddedCluster;
import dev.nearside.proxy.cluster.HashSlot;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Where a server on this machine listens.
 *
 * @param port of the loopback interface, or 0
 * @param path the Unix socket's, or empty
 * @param certificate a PEM file with what is shown there, where TLS is spoken; else empty
 * @param nodes the ports of a cluster's primaries, each of which has as many slots, in order; the
 *     first is {@code port}. Empty where it is none
 */
public record Address(int port, String path, String certificate, List<Integer> nodes) {
  /** Returns that of a loopback port. */
  public static Address ofPort(int port) {
    return new Address(port, "", "", List.of());
  }

  /** Returns that of a Unix socket. */
  public static Address ofPath(String path) {
    return new Address(0, path, "", List.of());
  }

  /** Returns that of a loopback port where TLS is spoken and this certificate shown, a PEM file. */
  public static Address ofTls(int port, String certificate) {
    return new Address(port, "", certificate, List.of());
  }

  /** Returns that of a cluster, for clients that know of it. */
  public static Address ofCluster(List<Integer> nodes) {
    return new Address(nodes.getFirst(), "", "", List.copyOf(nodes));
  }

  /** Returns where client {@code i} connects: in a cluster the clients share the nodes evenly. */
  Address of(int client) {
    return nodes.isEmpty() ? this : ofPort(nodes.get(client % nodes.size()));
  }

  /** Returns where a key is. */
  public Address of(String key) {
    return nodes.isEmpty() ? this : ofPort(nodes.get(nodeOf(key)));
  }

  /** Returns which of a cluster's nodes a key is on, the first being 0. */
  int nodeOf(String key) {
    byte[] name = key.getBytes(StandardCharsets.US_ASCII);
    return EmbeddedCluster.nodeOf(HashSlot.of(name, name.length), nodes.size());
  }

  /**
   * Returns a new connection, in clear whatever is spoken there, which the caller closes.
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

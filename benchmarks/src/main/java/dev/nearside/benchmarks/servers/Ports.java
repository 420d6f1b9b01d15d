package dev.nearside.benchmarks.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Loopback ports. */
public final class Ports {
  private static final int CONNECT_TIMEOUT_MS = 500;

  private Ports() {}

  /** Returns a port that was free a moment ago; a server that finds it taken is started again. */
  public static int free() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new ServerException("no loopback port is to be had: " + e.getMessage(), e);
    }
  }

  /** Returns one that is not {@code other}. */
  static int freeBut(int other) {
    int port = free();
    while (port == other) {
      port = free();
    }
    return port;
  }

  /** Returns whether a server could listen on this loopback port now. */
  public static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns whether something accepts connections on this loopback port. */
  static boolean isServed(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_TIMEOUT_MS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}

package dev.nearside.proxy.scene;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/**
 * A way to a sentinel on which every node has another port, as if networks lay between: who asks
 * here where the primary is, is sent to the hop that stands before it. Whoever starts it closes it.
 */
public final class SentinelHop implements AutoCloseable {
  private static final Pattern NUMBER = Pattern.compile("\\b\\d+\\b");

  private final int sentinel;
  private final Map<String, String> ports;
  private final ServerSocket listener;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  private SentinelHop(int sentinel, Map<String, String> ports) throws IOException {
    this.sentinel = sentinel;
    this.ports = ports;
    listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("sentinel-hop").start(this::accept);
  }

  /**
   * Starts one.
   *
   * @param sentinel the port it listens on
   * @param ports those by which nodes are to be known here, by their own
   * @throws IllegalArgumentException if two have not as many digits: lengths are passed on as is
   */
  public static SentinelHop to(int sentinel, Map<String, String> ports) throws IOException {
    ports.forEach((own, other) -> {
      if (own.length() != other.length()) {
        throw new IllegalArgumentException("port " + other + " is not as long as " + own);
      }
    });
    return new SentinelHop(sentinel, Map.copyOf(ports));
  }

  /** Returns the port it listens on. */
  public int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    while (!closed) {
      try {
        Socket client = listener.accept();
        sockets.add(client);
        Socket server = new Socket(InetAddress.getLoopbackAddress(), sentinel);
        sockets.add(server);
        Thread.ofVirtual().name("sentinel-hop-up").start(() -> pass(client, server, false));
        Thread.ofVirtual().name("sentinel-hop-down").start(() -> pass(server, client, true));
      } catch (IOException e) {
        // closed, or the sentinel is away
      }
    }
  }

  private void pass(Socket from, Socket to, boolean translated) {
    byte[] buffer = new byte[16 * 1024];
    StringBuilder open = new StringBuilder();
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (translated) {
          open.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
          out.write(wholeLines(open).getBytes(StandardCharsets.ISO_8859_1));
        } else {
          out.write(buffer, 0, n);
        }
      }
    } catch (IOException e) {
      // ended; so has the other direction
    } finally {
      sockets.remove(from);
      sockets.remove(to);
    }
  }

  /** Every reply ends with a line: what follows the last end of one is half a number, perhaps. */
  private String wholeLines(StringBuilder open) {
    int end = open.lastIndexOf("\n") + 1;
    String lines = open.substring(0, end);
    open.delete(0, end);
    return NUMBER
        .matcher(lines)
        .replaceAll(number -> ports.getOrDefault(number.group(), number.group()));
  }

  @Override
  public void close() throws IOException {
    closed = true;
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}

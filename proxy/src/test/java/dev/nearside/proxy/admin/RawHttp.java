package dev.nearside.proxy.admin;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** A client that sends whatever it is told and reads replies one by one. */
final class RawHttp implements AutoCloseable {
  /** One reply as it came. */
  record Reply(int status, String head, String body) {}

  private final Socket socket;
  private final InputStream in;

  RawHttp(InetSocketAddress server) throws IOException {
    socket = new Socket();
    socket.setReceiveBufferSize(64 * 1024); // so that not reading is soon felt
    socket.connect(server);
    socket.setSoTimeout(20_000);
    in = new BufferedInputStream(socket.getInputStream());
  }

  RawHttp send(String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  /** Sends a head of {@code lines}. */
  RawHttp head(String... lines) throws IOException {
    return send(String.join("\r\n", lines) + "\r\n\r\n");
  }

  /** Reads a reply with a length. */
  Reply reply() throws IOException {
    String head = head();
    int length =
        head.lines()
            .filter(line -> line.startsWith("content-length: "))
            .mapToInt(line -> Integer.parseInt(line.substring(16)))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no length: " + head));
    return new Reply(status(head), head, read(length));
  }

  /** Reads a reply to HEAD: whatever its length says, it has no body. */
  Reply replyToHead() throws IOException {
    String head = head();
    return new Reply(status(head), head, "");
  }

  /** Returns whether the server closed, after everything it sent was read. */
  boolean isClosedByServer() throws IOException {
    return in.read() < 0;
  }

  /** Reads until the server closes, by an end or, where it left something unread, a reset. */
  void awaitClose() throws IOException {
    int next = 0;
    while (next >= 0) {
      try {
        next = in.read();
      } catch (SocketException reset) {
        next = -1;
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private String head() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new AssertionError("closed after: " + head);
      }
      head.append((char) next);
    }
    return head.toString();
  }

  private static int status(String head) {
    return Integer.parseInt(head.substring(9, 12));
  }

  private String read(int length) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(in.readNBytes(length));
    return body.toString(StandardCharsets.UTF_8);
  }
}

package dev.nearside.proxy.scene;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client of bare bytes: sends what it is told and shows each reply exactly as it came. */
public final class RespClient implements AutoCloseable {
  private static final int PATIENCE_MS = 20_000;

  private final Socket socket;
  private final InputStream in;

  private RespClient(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** Connects to {@code port} of this host. */
  public static RespClient connect(int port) throws IOException {
    return new RespClient(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  /** Sends one request and returns its whole reply, bytes shown as ISO 8859-1. */
  public String call(String... args) throws IOException {
    send(args);
    return reply();
  }

  /** Sends one request. */
  public RespClient send(String... args) throws IOException {
    StringBuilder request = new StringBuilder("*" + args.length + "\r\n");
    for (String arg : args) {
      request.append('$').append(arg.length()).append("\r\n").append(arg).append("\r\n");
    }
    return sendRaw(request.toString());
  }

  /** Sends bytes as they are. */
  public RespClient sendRaw(String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  /** Says that nothing more will be sent. */
  public void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** Returns the next reply, aggregates whole. */
  public String reply() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    read(bytes);
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  /** Returns whether something has come that was not read; what is there may be half a reply. */
  public boolean hasBytes() throws IOException {
    return in.available() > 0;
  }

  /** Returns whether the other side has closed the connection; waits for a byte or the end. */
  public boolean isClosed() throws IOException {
    try {
      return in.read() < 0;
    } catch (java.net.SocketException e) {
      return true;
    }
  }

  private void read(ByteArrayOutputStream bytes) throws IOException {
    String line = line(bytes);
    char type = line.charAt(0);
    switch (type) {
      case '$', '=', '!' -> body(bytes, Long.parseLong(line.substring(1)));
      case '*', '~', '>' -> elements(bytes, Long.parseLong(line.substring(1)));
      case '%' -> elements(bytes, 2 * Long.parseLong(line.substring(1)));
      case '|' -> elements(bytes, 2 * Long.parseLong(line.substring(1)) + 1);
      default -> {}
    }
  }

  private void elements(ByteArrayOutputStream bytes, long count) throws IOException {
    for (long i = 0; i < count; i++) {
      read(bytes);
    }
  }

  private void body(ByteArrayOutputStream bytes, long length) throws IOException {
    if (length >= 0) {
      byte[] body = in.readNBytes((int) length + 2);
      if (body.length < length + 2) {
        throw new EOFException("closed within a bulk string");
      }
      bytes.writeBytes(body);
    }
  }

  private String line(ByteArrayOutputStream bytes) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("closed after \"" + line + "\"");
      }
      bytes.write(b);
      if (b == '\n') {
        return line.toString().strip();
      }
      line.append((char) b);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

package dev.nearside.proxy.scene;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A client of bare bytes: sends what it is told and shows each reply exactly as it came. */
public final class RespClient implements AutoCloseable {
  private static final int PATIENCE_MS = 20_000;
  private static final int KIND_WITHIN = 32;

  private final Socket socket;
  private final ReplyInput in;

  private RespClient(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MS);
    in = new ReplyInput(socket.getInputStream());
  }

  /** Connects to {@code port} of this host. */
  public static RespClient connect(int port) throws IOException {
    return connect(InetAddress.getLoopbackAddress(), port);
  }

  /** Connects to {@code port} of {@code address}. */
  public static RespClient connect(InetAddress address, int port) throws IOException {
    return new RespClient(new Socket(address, port));
  }

  /** Connects to the Unix socket at {@code path}. */
  public static RespClient connect(Path path) throws IOException {
    return new RespClient(new UnixSocket(path));
  }

  /** Takes a connection that was made. */
  public static RespClient over(Socket socket) throws IOException {
    return new RespClient(socket);
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

  /** Sends requests without spaces in their words: {@code "MULTI;INCR a;EXEC"}. */
  public RespClient sendScript(String script) throws IOException {
    for (String request : script.split(";", -1)) {
      send(request.split(" ", -1));
    }
    return this;
  }

  /** Sends bytes as they are. */
  public RespClient sendRaw(String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  /** Waits no longer than this for the next bytes, rather than 20 s. */
  public RespClient patience(int ms) throws IOException {
    socket.setSoTimeout(ms);
    return this;
  }

  /** Says that nothing more will be sent. */
  public void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** Ends the connection as the system does for a process that was killed with replies unread. */
  public void kill() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
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

  /** Returns all that comes until the other side has closed the connection. */
  public String rest() throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  /** Returns whether the other side has closed the connection; waits for a byte or the end. */
  public boolean isClosed() throws IOException {
    try {
      return in.read() < 0;
    } catch (java.net.SocketException e) {
      return true;
    }
  }

  /** Returns whether that was a push that answers nothing. */
  private boolean read(ByteArrayOutputStream bytes) throws IOException {
    int from = bytes.size();
    String line = in.line(bytes);
    char type = line.charAt(0);
    switch (type) {
      case '$', '=', '!' -> body(bytes, Long.parseLong(line.substring(1)));
      case '*', '~', '>' -> elements(bytes, Long.parseLong(line.substring(1)));
      case '%' -> elements(bytes, 2 * Long.parseLong(line.substring(1)));
      case '|' -> elements(bytes, 2 * Long.parseLong(line.substring(1)) + 1);
      default -> {}
    }
    return type == '>' && !isConfirmation(bytes, from);
  }

  /** A push within an aggregate is none of its elements, unless it is the reply to one command. */
  private void elements(ByteArrayOutputStream bytes, long count) throws IOException {
    for (long i = 0; i < count; ) {
      i += read(bytes) ? 0 : 1;
    }
  }

  private static boolean isConfirmation(ByteArrayOutputStream bytes, int from) {
    int length = Math.min(KIND_WITHIN, bytes.size() - from);
    return new String(bytes.toByteArray(), from, length, StandardCharsets.ISO_8859_1)
        .contains("subscribe\r\n");
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

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

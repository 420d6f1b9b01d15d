package dev.nearside.benchmarks.servers;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;

/**
 * A blocking RESP2 connection over loopback, for loading data and asking for statistics.
 *
 * <p>Requests may be pipelined: {@link #send} several, then {@link #receive} as many replies.
 */
public final class RedisConnection implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Closeable socket;
  private final OutputStream out;
  private final InputStream in;

  private RedisConnection(Closeable socket, OutputStream out, InputStream in) {
    this.socket = socket;
    this.out = new BufferedOutputStream(out);
    this.in = new BufferedInputStream(in);
  }

  /**
   * Connects to a loopback port; every wait for a reply is bounded by ten seconds.
   *
   * @throws IOException if nothing listens there
   */
  public static RedisConnection open(int port) throws IOException {
    return over(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  /**
   * As above, by TLS.
   *
   * @param certificate a PEM file with what must be shown there
   */
  public static RedisConnection openTls(int port, Path certificate) throws IOException {
    SSLSocketFactory sockets = TlsIdentity.trusting(certificate).getSocketFactory();
    return over(sockets.createSocket(InetAddress.getLoopbackAddress(), port));
  }

  private static RedisConnection over(Socket socket) throws IOException {
    socket.setSoTimeout(Math.toIntExact(TIMEOUT.toMillis()));
    socket.setTcpNoDelay(true);
    return new RedisConnection(socket, socket.getOutputStream(), socket.getInputStream());
  }

  /**
   * Returns one over a connected channel, for instance a Unix socket's; its waits are unbounded.
   */
  public static RedisConnection over(SocketChannel channel) {
    return new RedisConnection(
        channel, Channels.newOutputStream(channel), Channels.newInputStream(channel));
  }

  /** Sends one request and returns its reply, as {@link #receive} does. */
  public String call(String... words) throws IOException {
    send(words);
    return receive();
  }

  /** Queues one request; it leaves with the next {@link #receive} at the latest. */
  public void send(String... words) throws IOException {
    write("*" + words.length);
    for (String word : words) {
      byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
      write("$" + bytes.length);
      out.write(bytes);
      write("");
    }
  }

  /** Sends what is queued. */
  public void flush() throws IOException {
    out.flush();
  }

  /**
   * Returns the next reply: a simple string or number without its type, a bulk string's content, or
   * {@code (nil)}.
   *
   * @throws ErrorReplyException if it is an error reply; the connection goes on
   * @throws IOException if it is an array, or does not come in time
   */
  public String receive() throws IOException {
    flush();
    int type = in.read();
    String line = readLine();
    return switch (type) {
      case '+', ':' -> line;
      case '$' -> readBulk(Integer.parseInt(line));
      case '-' -> throw new ErrorReplyException(line);
      case -1 -> throw new IOException("the server closed the connection");
      default -> throw new IOException("unexpected reply: " + (char) type + line);
    };
  }

  /**
   * Sends one request and returns the elements of its reply, each as {@link #receive} does.
   *
   * @throws ErrorReplyException if it is an error reply; the connection goes on
   * @throws IOException if it is no array, or does not come in time
   */
  public List<String> callForList(String... words) throws IOException {
    send(words);
    flush();
    int type = in.read();
    String line = readLine();
    if (type == '-') {
      throw new ErrorReplyException(line);
    }
    if (type != '*') {
      throw new IOException("an array was expected, not " + (char) type + line);
    }
    List<String> elements = new ArrayList<>();
    for (int left = Integer.parseInt(line); left > 0; left--) {
      elements.add(receive());
    }
    return elements;
  }

  private String readBulk(int length) throws IOException {
    if (length < 0) {
      return "(nil)";
    }
    byte[] bytes = in.readNBytes(length + 2);
    if (bytes.length < length + 2) {
      throw new IOException("the server closed the connection within a reply");
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  private String readLine() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n' && b >= 0; b = in.read()) {
      line.append((char) b);
    }
    return line.toString().stripTrailing();
  }

  private void write(String line) throws IOException {
    out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

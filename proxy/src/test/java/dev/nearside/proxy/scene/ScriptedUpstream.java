package dev.nearside.proxy.scene;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * An upstream that answers what connections begin with as a Redis would, and everything else as the
 * test says. It refuses tracking, so that the sidecar relays every read, and the fleet's channel.
 */
public final class ScriptedUpstream implements AutoCloseable {
  /** What the test says to one request that is no greeting. */
  @FunctionalInterface
  public interface Script {
    /** Answers {@code request}, its arguments, on {@code connection}. */
    void answer(List<String> request, Connection connection) throws IOException;
  }

  /** One accepted connection; used by its own thread, but may be written to by any other. */
  public static final class Connection {
    private final Socket socket;
    private final OutputStream out;

    private Connection(Socket socket) throws IOException {
      this.socket = socket;
      this.out = socket.getOutputStream();
    }

    /** Sends bytes as they are. */
    public void send(String bytes) throws IOException {
      out.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends bytes one by one. */
    public void sendByteByByte(String bytes) throws IOException {
      for (int i = 0; i < bytes.length(); i++) {
        send(bytes.substring(i, i + 1));
      }
    }

    /** Ends the connection. */
    public void close() throws IOException {
      socket.close();
    }
  }

  private final ServerSocket listener;
  private final Script greeting;
  private final Script script;
  private final Queue<Socket> accepted = new ConcurrentLinkedQueue<>();

  private ScriptedUpstream(Script greeting, Script script) throws IOException {
    this.greeting = greeting;
    this.script = script;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("scripted-upstream").start(this::accept);
  }

  /** Starts an upstream that greets as usual. */
  public static ScriptedUpstream answering(Script script) throws IOException {
    return new ScriptedUpstream(ScriptedUpstream::greet, script);
  }

  /** Starts an upstream whose greeting is the test's too. */
  public static ScriptedUpstream greeting(Script greeting) throws IOException {
    return new ScriptedUpstream(greeting, greeting);
  }

  /** Returns the port on loopback. */
  public int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        accepted.add(socket);
        Thread.ofVirtual().name("scripted-connection").start(() -> serve(socket));
      }
    } catch (IOException closed) {
      return; // the test has ended
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      Connection connection = new Connection(socket);
      InputStream in = socket.getInputStream();
      while (true) {
        List<String> request = request(in);
        Script said = isGreeting(request) ? greeting : script;
        said.answer(request, connection);
      }
    } catch (IOException closed) {
      return; // by either side
    }
  }

  private static boolean isGreeting(List<String> request) {
    return switch (request.getFirst()) {
      case "HELLO", "SELECT", "INFO", "COMMAND", "CLIENT" -> true;
      case "SUBSCRIBE" -> request.contains("nearside:invalidate");
      default -> false;
    };
  }

  private static void greet(List<String> request, Connection connection) throws IOException {
    connection.send(
        switch (request.getFirst()) {
          case "HELLO" ->
              request.contains("3")
                  ? "%2\r\n+server\r\n+redis\r\n+proto\r\n:3\r\n"
                  : "*2\r\n+server\r\n+redis\r\n";
          case "INFO" -> "$10\r\nrun_id:x\r\n\r\n";
          case "SELECT" -> "+OK\r\n";
          default -> "-ERR not here\r\n";
        });
  }

  private static List<String> request(InputStream in) throws IOException {
    int count = Integer.parseInt(line(in).substring(1));
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = Integer.parseInt(line(in).substring(1));
      words.add(new String(in.readNBytes(length), StandardCharsets.ISO_8859_1));
      in.skipNBytes(2);
    }
    return words;
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException();
      }
      line.append((char) b);
    }
    return line.toString().strip();
  }

  @Override
  public void close() {
    try {
      listener.close();
      for (Socket socket : accepted) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

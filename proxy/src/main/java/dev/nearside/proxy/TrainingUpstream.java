package dev.nearside.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * As much of a Redis as a sidecar asks for when it starts, so that a build without a Redis trains
 * what comes after the first connection, too. It holds one key, {@code a}.
 */
final class TrainingUpstream implements AutoCloseable {
  private static final String INFO =
      "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:" + "0".repeat(40);

  private final ServerSocket listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());

  TrainingUpstream() throws IOException {
    Thread.ofPlatform().daemon().name("training-upstream").start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        client.setTcpNoDelay(true);
        Thread.ofPlatform().daemon().name("training-upstream").start(() -> serve(client));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private static void serve(Socket client) {
    try (client) {
      InputStream in = new BufferedInputStream(client.getInputStream());
      OutputStream out = client.getOutputStream();
      while (true) {
        out.write(reply(request(in)).getBytes(ISO_8859_1));
      }
    } catch (IOException e) {
      // the sidecar has ended
    }
  }

  /** Returns the words of a request in the form that clients use, an array of bulk strings. */
  private static List<String> request(InputStream in) throws IOException {
    int count = number(in);
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = number(in);
      words.add(new String(in.readNBytes(length), ISO_8859_1));
      in.skipNBytes(2);
    }
    return words;
  }

  /** Reads a line of a type's sign and a number. */
  private static int number(InputStream in) throws IOException {
    return Integer.parseInt(line(in).substring(1));
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException();
      }
      line.append((char) next);
    }
    return line.substring(0, line.length() - 1);
  }

  private static String reply(List<String> words) {
    String last = words.getLast();
    return switch (words.getFirst().toUpperCase(Locale.ROOT)) {
      case "HELLO" ->
          "%4\r\n+server\r\n+redis\r\n+version\r\n+7.0.15\r\n+proto\r\n:3\r\n+role\r\n+master\r\n";
      case "CLIENT" ->
          last.equalsIgnoreCase("TRACKINGINFO")
              ? "%3\r\n+flags\r\n~1\r\n+on\r\n+redirect\r\n:-1\r\n+prefixes\r\n*0\r\n"
              : "+OK\r\n";
      case "ACL" ->
          last.equalsIgnoreCase("WHOAMI")
              ? "+default\r\n"
              : "%3\r\n+flags\r\n~1\r\n+on\r\n+commands\r\n+" + "+@all\r\n+keys\r\n+~*\r\n";
      case "INFO" -> bulk(INFO);
      case "ROLE" -> "*3\r\n+master\r\n:0\r\n*0\r\n";
      case "TIME" -> time(Instant.now());
      case "COMMAND" -> "*1\r\n*6\r\n$3\r\nget\r\n:2\r\n*1\r\n+readonly\r\n:1\r\n:1\r\n:1\r\n";
      case "SUBSCRIBE" -> ">3\r\n" + bulk("subscribe") + bulk(last) + ":1\r\n";
      case "PING" -> "+PONG\r\n";
      case "GET" -> bulk("a");
      case "PTTL" -> ":-1\r\n";
      default -> "+OK\r\n";
    };
  }

  private static String time(Instant now) {
    return "*2\r\n" + bulk("" + now.getEpochSecond()) + bulk("" + now.getNano() / 1000);
  }

  private static String bulk(String text) {
    return "$" + text.length() + "\r\n" + text + "\r\n";
  }
}

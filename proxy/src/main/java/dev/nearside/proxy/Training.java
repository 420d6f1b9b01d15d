package dev.nearside.proxy;

import dev.nearside.proxy.config.ConfigurationException;
import dev.nearside.proxy.config.ConfigurationSources;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Timer;
import java.util.TimerTask;

/**
 * A short life of a sidecar, from which a JVM run with {@code -XX:AOTCacheOutput} learns which
 * classes a start needs (JEP 514). Its upstream is a {@link TrainingUpstream}: a build needs no
 * Redis. Exits with another status than 0 if the sidecar does not answer.
 */
final class Training {
  private static final List<String> REQUESTS = List.of("PING", "HELLO 3", "GET a", "INFO", "QUIT");
  private static final String LAST_REPLY = "+OK\r\n";
  private static final String READY = "/readyz";
  private static final List<String> PAGES = List.of("/livez", READY, "/metrics");
  private static final int ROUNDS = 20;
  private static final int TIMEOUT_MS = 5_000;
  private static final Duration LONGEST = Duration.ofMinutes(3);

  private Training() {}

  static void main() throws IOException, ConfigurationException {
    endAfter(LONGEST);
    try (TrainingUpstream upstream = new TrainingUpstream();
        Proxy proxy = Proxy.start(Nearside.load(sources(upstream.port())).config())) {
      awaitReady(proxy.httpPort());
      for (int round = 0; round < ROUNDS; round++) {
        ask(proxy.port());
      }
      for (String page : PAGES) {
        fetch(proxy.httpPort(), page);
      }
    }
  }

  private static ConfigurationSources sources(int port) {
    String url = "redis://127.0.0.1:" + port;
    String[] arguments = {
      "run", "--upstream", url, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"
    };
    ConfigurationSources sources = RunArguments.read(arguments, Map.of());
    if (sources == null) {
      throw new IllegalStateException("the arguments are plain ones");
    }
    return sources;
  }

  /** A build that waits for ever is worse than one without the cache. */
  private static void endAfter(Duration time) {
    TimerTask end =
        new TimerTask() {
          @Override
          public void run() {
            Runtime.getRuntime().halt(Nearside.CANNOT_START);
          }
        };
    new Timer("nearside-training-end", true).schedule(end, time.toMillis());
  }

  /** What a sidecar learns of its upstream is asked for once it is connected. */
  private static void awaitReady(int port) throws IOException {
    while (!fetch(port, READY).startsWith("HTTP/1.1 200 ")) {
      Thread.onSpinWait();
    }
  }

  private static void ask(int port) throws IOException {
    try (Socket client = connect(port)) {
      for (String request : REQUESTS) {
        send(client, request + "\r\n");
      }
      String replies = readAll(client);
      if (!replies.endsWith(LAST_REPLY)) {
        throw new IOException("QUIT was answered by " + replies);
      }
    }
  }

  private static String fetch(int port, String page) throws IOException {
    try (Socket client = connect(port)) {
      send(client, "GET " + page + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      String reply = readAll(client);
      if (!reply.startsWith("HTTP/1.1 ")) {
        throw new IOException(page + " was answered by " + reply);
      }
      return reply;
    }
  }

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(TIMEOUT_MS);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String readAll(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }
}

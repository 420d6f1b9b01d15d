package dev.nearside.proxy.command;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import redis.embedded.RedisServer;

/** A real Redis, asked over a plain socket; replies come as nested lists. Closing ends it. */
final class LiveRedis implements Closeable {
  private final Closeable server;
  private final Socket socket;
  private final DataInputStream in;

  private LiveRedis(Closeable server, int port) throws IOException {
    this.server = server;
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
  }

  /** Starts the redis-server on the PATH, if there is one. */
  static Optional<LiveRedis> onPath() throws IOException {
    boolean there =
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
            .anyMatch(folder -> new File(folder, "redis-server").canExecute());
    if (!there) {
      return Optional.empty();
    }
    int port = freePort();
    Process process =
        new ProcessBuilder("redis-server", "--bind", "127.0.0.1", "--port", "" + port, "--save", "")
            .redirectErrorStream(true)
            .start();
    awaitReady(process);
    return Optional.of(new LiveRedis(() -> end(process), port));
  }

  /** Starts the Redis 6.2 that the build brings along. */
  static LiveRedis embedded() throws IOException {
    RedisServer server =
        RedisServer.newRedisServer()
            .bind("127.0.0.1")
            .port(freePort())
            .setting("save \"\"")
            .build();
    server.start();
    return new LiveRedis(server::stop, server.ports().getFirst());
  }

  /** Sends a request and returns its reply: list, byte[], String, Long, null or Refusal. */
  Object ask(String... args) throws IOException {
    StringBuilder request = new StringBuilder("*" + args.length + "\r\n");
    for (String arg : args) {
      request.append('$').append(arg.length()).append("\r\n").append(arg).append("\r\n");
    }
    socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
    return reply();
  }

  @Override
  public void close() throws IOException {
    socket.close();
    server.close();
  }

  private Object reply() throws IOException {
    int type = in.readUnsignedByte();
    String line = line();
    return switch (type) {
      case '+' -> line;
      case '-' -> new Refusal(line);
      case ':' -> Long.valueOf(line);
      case '$' -> bulk(Integer.parseInt(line));
      case '*' -> list(Integer.parseInt(line));
      default -> throw new IOException("unexpected reply type " + (char) type);
    };
  }

  private byte[] bulk(int length) throws IOException {
    byte[] bytes = in.readNBytes(Math.max(length, 0));
    if (length >= 0) {
      line();
    }
    return bytes;
  }

  private List<Object> list(int size) throws IOException {
    List<Object> elements = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      elements.add(reply());
    }
    return elements;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.readUnsignedByte(); b != '\r'; b = in.readUnsignedByte()) {
      line.append((char) b);
    }
    in.readUnsignedByte();
    return line.toString();
  }

  private static void awaitReady(Process process) throws IOException {
    BufferedReader log = process.inputReader(StandardCharsets.UTF_8);
    for (String line = log.readLine(); line != null; line = log.readLine()) {
      if (line.contains("eady to accept connections")) {
        return;
      }
    }
    throw new IOException("redis-server ended before it was ready");
  }

  private static void end(Process process) {
    process.destroy();
    process.onExit().join();
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  /** An error reply. */
  record Refusal(String message) {}
}

package dev.nearside.benchmarks.coherence;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A stretch of network: it delays each direction, and breaks on request. In each direction of a
 * connection one thread reads and another writes what is due, so that delay costs no throughput.
 */
final class Hop implements AutoCloseable {
  private static final String TRACKED = "nearside-tracked";
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int BACKLOG = 128;
  private static final long STALL_STEP_NS = 1_000_000;

  private final ServerSocket listener;
  private final int target;
  private final long delayNs;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private volatile boolean trackedStalled;
  private volatile boolean down;

  private Hop(int target, long delayNs) throws IOException {
    this.target = target;
    this.delayNs = delayNs;
    listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    daemon("hop-accept", this::accept);
  }

  static Hop to(int target, Duration eachWay) throws IOException {
    return new Hop(target, eachWay.toNanos());
  }

  int port() {
    return listener.getLocalPort();
  }

  /** From now on the tracked connections that are there deliver nothing; their sockets stay. */
  void swallowTracked() {
    links.stream().filter(link -> link.tracked).forEach(link -> link.swallowing = true);
  }

  /** Holds back what is on tracked connections, or lets it go on. */
  void stallTracked(boolean stalled) {
    trackedStalled = stalled;
  }

  /** Ends all connections, and each new one at once; or accepts them again. */
  void down(boolean isDown) {
    down = isDown;
    if (isDown) {
      links.forEach(Link::close);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    links.forEach(Link::close);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (down) {
          client.close();
        } else {
          connect(client);
        }
      } catch (IOException e) {
        // closed, or the target is away and the client was told so
      }
    }
  }

  private void connect(Socket client) throws IOException {
    try {
      Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), target));
      links.add(link);
      link.begin();
    } catch (IOException e) {
      client.close();
      throw e;
    }
  }

  private static void daemon(String name, Runnable task) {
    Thread.ofPlatform().daemon().name(name).start(task);
  }

  private static final class Chunk {
    final byte[] bytes;
    final long dueNs;

    Chunk(byte[] bytes, long dueNs) {
      this.bytes = bytes;
      this.dueNs = dueNs;
    }
  }

  private final class Link {
    private final Socket client;
    private final Socket server;
    private volatile boolean tracked;
    private volatile boolean swallowing;

    Link(Socket client, Socket server) throws IOException {
      this.client = client;
      this.server = server;
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
    }

    void begin() {
      pump(client, server, true);
      pump(server, client, false);
    }

    private void pump(Socket from, Socket to, boolean requests) {
      BlockingQueue<Chunk> chunks = new LinkedBlockingQueue<>();
      daemon("hop-in", () -> read(from, chunks, requests));
      daemon("hop-out", () -> write(to, chunks));
    }

    private void read(Socket from, BlockingQueue<Chunk> chunks, boolean requests) {
      byte[] buffer = new byte[BUFFER_BYTES];
      try {
        int n = from.getInputStream().read(buffer);
        while (n >= 0) {
          byte[] bytes = Arrays.copyOf(buffer, n);
          if (requests && new String(bytes, StandardCharsets.ISO_8859_1).contains(TRACKED)) {
            tracked = true;
          }
          chunks.add(new Chunk(bytes, System.nanoTime() + delayNs));
          n = from.getInputStream().read(buffer);
        }
      } catch (IOException e) {
        // ended; the other direction is told by the close
      }
      close();
      chunks.add(new Chunk(new byte[0], System.nanoTime()));
    }

    private void write(Socket to, BlockingQueue<Chunk> chunks) {
      try {
        OutputStream out = to.getOutputStream();
        while (!to.isClosed()) {
          Chunk chunk = chunks.take();
          awaitDue(chunk);
          if (!swallowing) {
            out.write(chunk.bytes);
          }
        }
      } catch (IOException e) {
        close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void awaitDue(Chunk chunk) {
      for (long left = left(chunk); left > 0; left = left(chunk)) {
        LockSupport.parkNanos(left);
      }
      while (tracked && trackedStalled) {
        LockSupport.parkNanos(STALL_STEP_NS);
      }
    }

    private static long left(Chunk chunk) {
      return chunk.dueNs - System.nanoTime();
    }

    private void close() {
      links.remove(this);
      for (Socket socket : List.of(client, server)) {
        try {
          socket.close();
        } catch (IOException e) {
          // it is closed already
        }
      }
    }
  }
}

package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.servers.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A stretch of network that delays each direction by as much, in a process of its own: what it
 * costs is nobody's CPU time but its own.
 *
 * <p>One thread reads from all connections and another writes: because all bytes are delayed alike,
 * one queue has them in the order in which they are due, and delay costs no throughput. A thread
 * that waits is woken late; by how much is measured at the start, and it is told to wake earlier.
 */
public final class DelayHop {
  static final Duration EACH_WAY = Duration.ofNanos(500_000);
  private static final int BUFFER_BYTES = 1 << 18;
  private static final int WAITS = 201;

  private final Selector selector = Selector.open();
  private final ServerSocketChannel listener = ServerSocketChannel.open();
  private final BlockingQueue<Chunk> chunks = new LinkedBlockingQueue<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final InetSocketAddress target;
  private final long delayNs;
  private final long latenessNs;

  /** Bytes for a channel, to be written at a time of {@link System#nanoTime()}; none closes it. */
  private record Chunk(SocketChannel to, ByteBuffer bytes, long dueNs) {}

  private DelayHop(int port, int target, long delayNs) throws IOException {
    this.target = new InetSocketAddress(InetAddress.getLoopbackAddress(), target);
    this.delayNs = delayNs;
    this.latenessNs = lateness(delayNs);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
  }

  /** Runs until the process is ended; the arguments are port, target port, nanoseconds each way. */
  public static void main(String[] args) throws IOException {
    DelayHop hop =
        new DelayHop(Integer.parseInt(args[0]), Integer.parseInt(args[1]), Long.parseLong(args[2]));
    Thread.ofPlatform().daemon().name("hop-write").start(hop::write);
    hop.read();
  }

  /** Starts one on a port; whoever does closes it. */
  static ServerProcess start(int port, int target, Path directory) {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "-cp",
            System.getProperty("java.class.path"),
            DelayHop.class.getName(),
            Integer.toString(port),
            Integer.toString(target),
            Long.toString(EACH_WAY.toNanos()));
    return ServerProcess.start(command, port, directory.resolve("hop.log"), "TERM");
  }

  private void read() throws IOException {
    while (true) {
      selector.select();
      for (SelectionKey key : selector.selectedKeys()) {
        // the listener has none; not isAcceptable(), which throws where the other thread has just
        // closed the channel
        if (key.attachment() == null) {
          accept();
        } else {
          read((SocketChannel) key.channel(), (SocketChannel) key.attachment());
        }
      }
      selector.selectedKeys().clear();
    }
  }

  private void accept() throws IOException {
    SocketChannel client = listener.accept();
    SocketChannel server = SocketChannel.open(target);
    for (SocketChannel channel : List.of(client, server)) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.configureBlocking(false);
    }
    client.register(selector, SelectionKey.OP_READ, server);
    server.register(selector, SelectionKey.OP_READ, client);
  }

  private void read(SocketChannel from, SocketChannel to) {
    buffer.clear();
    boolean ended;
    try {
      ended = from.read(buffer) < 0;
      if (ended) {
        from.close();
      }
    } catch (IOException e) {
      ended = true; // the other side is closed, too
    }
    buffer.flip();
    if (ended || buffer.hasRemaining()) {
      ByteBuffer copy = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
      chunks.add(new Chunk(to, copy, System.nanoTime() + delayNs));
    }
  }

  /** Returns the median of how much later than asked for a wait of this length ends. */
  private static long lateness(long waitNs) {
    long[] late = new long[WAITS];
    for (int i = 0; i < WAITS; i++) {
      long due = System.nanoTime() + waitNs;
      awaitDue(due);
      late[i] = System.nanoTime() - due;
    }
    Arrays.sort(late);
    return late[WAITS / 2];
  }

  private static void awaitDue(long dueNs) {
    for (long left = dueNs - System.nanoTime(); left > 0; left = dueNs - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private void write() {
    try {
      while (true) {
        Chunk chunk = chunks.take();
        awaitDue(chunk.dueNs - latenessNs);
        write(chunk);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void write(Chunk chunk) {
    try {
      if (!chunk.bytes.hasRemaining()) {
        chunk.to.close();
      }
      while (chunk.bytes.hasRemaining()) {
        if (chunk.to.write(chunk.bytes) == 0) {
          LockSupport.parkNanos(1); // its reader is behind
        }
      }
    } catch (IOException e) {
      // it is closed; its reader says so to the other side
    }
  }
}

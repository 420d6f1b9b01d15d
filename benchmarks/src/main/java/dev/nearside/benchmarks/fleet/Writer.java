package dev.nearside.benchmarks.fleet;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;

/**
 * One client that writes at a fixed pace, whatever the replies do: a reply's latency is measured
 * from the moment at which its request was to be sent, so that a wait is seen by all who would have
 * had it. The caller's thread sends, another one waits for replies.
 */
final class Writer {
  private static final byte[] OK = {'+', 'O', 'K', '\r', '\n'};
  private static final long SPIN_NS = TimeUnit.MICROSECONDS.toNanos(80);
  private static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(60);
  private static final int DIGITS = 3;

  private final ByteBuffer requests;
  private final int requestBytes;
  private final int count;
  private final long intervalNs;

  /**
   * @param keys the key of each write
   * @param count how many writes
   */
  Writer(IntFunction<String> keys, int count, int perSecond) {
    this.count = count;
    this.intervalNs = TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.requestBytes = Keys.set(keys.apply(0)).length;
    this.requests = ByteBuffer.allocateDirect(count * requestBytes);
    for (int i = 0; i < count; i++) {
      requests.put(Keys.set(keys.apply(i)));
    }
    requests.flip();
  }

  /**
   * Writes all and returns the latencies in nanoseconds.
   *
   * @throws IOException if Redis answers with anything but OK
   */
  Histogram run(int port) throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    try (SocketChannel channel = SocketChannel.open(address)) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      long startNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(2);
      CompletableFuture<Histogram> replies = new CompletableFuture<>();
      Thread.ofPlatform().name("fleet-replies").start(() -> take(channel, startNs, replies));
      send(channel, startNs);
      return replies.join();
    } catch (CompletionException e) {
      throw new IOException("the writer failed: " + e.getMessage(), e);
    }
  }

  private void send(SocketChannel channel, long startNs) throws IOException {
    ByteBuffer view = requests.duplicate();
    for (int i = 0; i < count; i++) {
      awaitTime(startNs + i * intervalNs);
      view.limit((i + 1) * requestBytes).position(i * requestBytes);
      while (view.hasRemaining()) {
        channel.write(view);
      }
    }
  }

  private static void awaitTime(long timeNs) {
    long leftNs = timeNs - System.nanoTime();
    while (leftNs > 0) {
      if (leftNs > SPIN_NS) {
        LockSupport.parkNanos(leftNs - SPIN_NS);
      } else {
        Thread.onSpinWait();
      }
      leftNs = timeNs - System.nanoTime();
    }
  }

  private void take(SocketChannel channel, long startNs, CompletableFuture<Histogram> done) {
    try {
      done.complete(latencies(channel, startNs));
    } catch (IOException | RuntimeException e) {
      done.completeExceptionally(e);
    }
  }

  private Histogram latencies(SocketChannel channel, long startNs) throws IOException {
    Histogram latencies = new Histogram(LONGEST_NS, DIGITS);
    ByteBuffer in = ByteBuffer.allocateDirect(1 << 14);
    int bytes = 0;
    while (bytes < count * OK.length) {
      if (channel.read(in.clear()) < 0) {
        throw new IOException("Redis closed the connection");
      }
      long nowNs = System.nanoTime();
      for (in.flip(); in.hasRemaining(); bytes++) {
        if (in.get() != OK[bytes % OK.length]) {
          throw new IOException("reply " + bytes / OK.length + " is not OK");
        }
        if (bytes % OK.length == OK.length - 1) {
          long dueNs = startNs + bytes / OK.length * intervalNs;
          latencies.recordValue(Math.min(nowNs - dueNs, LONGEST_NS));
        }
      }
    }
    return latencies;
  }
}

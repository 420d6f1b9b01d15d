package dev.nearside.benchmarks.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Requests of one length with keys in random order, written once; a batch is a stretch of them.
 *
 * <p>The order is the same in every run: what differs between servers is the servers.
 */
final class Requests {
  private static final int COUNT = 1 << 15;
  private static final long SEED = 7391;

  private final ByteBuffer bytes;
  private final int requestLength;
  private final int batchLength;
  private int next;

  Requests(Load load) {
    Random random = new Random(SEED);
    byte[] first = request(load.operation(), 0);
    requestLength = first.length;
    batchLength = requestLength * load.pipeline();
    int count = Math.max(COUNT / load.pipeline(), 1) * load.pipeline();
    bytes = ByteBuffer.allocateDirect(count * requestLength);
    while (bytes.hasRemaining()) {
      bytes.put(request(load.operation(), random.nextInt(load.keys())));
    }
    bytes.flip();
  }

  private static byte[] request(Load.Operation operation, int number) {
    String name = operation.name();
    String key = operation.key(number);
    return "*2\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n"
        .formatted(name.length(), name, key.length(), key)
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Returns a view of the requests, for {@link #nextBatch}. */
  ByteBuffer view() {
    return bytes.duplicate();
  }

  /** Lets a view show the next batch. */
  void nextBatch(ByteBuffer view) {
    if (next == bytes.limit()) {
      next = 0;
    }
    view.limit(next + batchLength).position(next);
    next += batchLength;
  }
}

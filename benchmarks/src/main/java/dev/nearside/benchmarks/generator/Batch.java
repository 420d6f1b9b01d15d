package dev.nearside.benchmarks.generator;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** What one connection asks at once, in order. Confined to one thread. */
final class Batch {
  private final Mix mix;
  private final Exchange[] exchanges;
  private final long[] digits;
  private final ByteBuffer bytes;
  private @Nullable Exchange follower;

  Batch(Mix mix, int size) {
    this.mix = mix;
    exchanges = new Exchange[size];
    digits = new long[size];
    bytes = ByteBuffer.allocateDirect(size * mix.longest()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Chooses the next batch; {@link #bytes} is then what is to be written. */
  void next() {
    bytes.clear();
    for (int i = 0; i < exchanges.length; i++) {
      if (follower == null) {
        exchanges[i] = mix.draw();
        digits[i] = mix.digits(exchanges[i]);
      } else {
        exchanges[i] = follower;
      }
      exchanges[i].write(bytes, digits[i]);
    }
    follower = exchanges[0].follower();
    bytes.flip();
  }

  /** Returns the requests; the caller moves its position. */
  ByteBuffer bytes() {
    return bytes;
  }

  int size() {
    return exchanges.length;
  }

  Exchange exchange(int i) {
    return exchanges[i];
  }

  /** Returns the digits of the number in exchange {@code i}. */
  long digits(int i) {
    return digits[i];
  }
}

package dev.nearside.benchmarks.micro;

import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * L1 with 10 000 values of 100 bytes: look-ups that hit, and an entry's way in and out.
 *
 * <pre>./nearside bench micro --only LocalTierBenchmark</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LocalTierBenchmark {
  static final int KEYS = 10_000;
  private static final int STRIDE = 7919; // prime: every key, in no order that memory has
  private static final int NAME_BYTES = 9;
  private static final long FAR_NS = TimeUnit.DAYS.toNanos(1);

  private final LocalTier tier = new LocalTier(64L << 20, Integer.MAX_VALUE);
  private final LookupKey key = new LookupKey();
  private final ByteBuf names = Unpooled.directBuffer();
  private final byte[] reply = ("$100\r\n" + "v".repeat(100) + "\r\n").getBytes(ascii());
  private final byte[] other = "key:other".getBytes(ascii());
  private int next;

  private static Charset ascii() {
    return StandardCharsets.US_ASCII;
  }

  /** Fills it. */
  @Setup
  public void fill() {
    for (int i = 0; i < KEYS; i++) {
      names.writeBytes(String.format("key:%05d", i).getBytes(ascii()));
      publish(key.set(0, names, i * NAME_BYTES, NAME_BYTES).copy());
    }
  }

  /** Frees the names. */
  @TearDown
  public void free() {
    names.release();
  }

  /** Finds the next key, whose name is read from a buffer as a request's is. */
  @Benchmark
  public @Nullable Entry findHit() {
    next = (next + STRIDE) % KEYS;
    return tier.find(key.set(0, names, next * NAME_BYTES, NAME_BYTES));
  }

  /** Begins a flight, lands it, and removes its entry. */
  @Benchmark
  public boolean publishAndRemove() {
    return tier.remove(publish(new LookupKey().set(0, other)));
  }

  private Entry publish(LookupKey name) {
    Entry token = tier.token(name, 0, 0, new Flight(System.nanoTime()));
    if (tier.begin(token) != null || !tier.publish(token, reply, System.nanoTime() + FAR_NS)) {
      throw new IllegalStateException("somebody else is there");
    }
    return token;
  }

  /** Returns how many entries there are, for the test. */
  long entries() {
    return tier.entries();
  }
}

package dev.nearside.benchmarks.micro;

import dev.nearside.proxy.tier.local.Compression;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A hit's reply into the output buffer: from a plain entry, and from one that holds an LZ4 block,
 * as L1 does it and by two other ways; and what it takes to compress it.
 *
 * <pre>./nearside bench micro --only ReplyBenchmark</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReplyBenchmark {
  @Param({"100", "4096", "16384", "65536", "262144", "1048576"})
  public int bytes = 4096;

  /** Which share of the text cannot be guessed: about 5 to 1, 2 to 1, 1.5 to 1. */
  @Param({"0", "0.45", "0.7"})
  public double noise;

  private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
  private final LZ4SafeDecompressor decompressor = LZ4Factory.fastestInstance().safeDecompressor();
  private byte[] reply = {};
  private byte[] block = {};
  private byte[] scratch = {};
  private Entry plain = entry(new byte[0], Integer.MAX_VALUE);
  private Entry compressed = plain;
  private ByteBuf out = Unpooled.EMPTY_BUFFER;

  /** Makes the entries. */
  @Setup
  public void make() {
    reply = Text.reply(Text.json(bytes, noise));
    block = compressor.compress(reply);
    scratch = new byte[reply.length];
    plain = entry(reply, Integer.MAX_VALUE);
    compressed = entry(reply, 0);
    out = Unpooled.directBuffer(reply.length);
  }

  private static Entry entry(byte[] reply, int compressAboveBytes) {
    LocalTier tier = new LocalTier(64L << 20, compressAboveBytes);
    LookupKey key = new LookupKey().set(0, "key".getBytes(StandardCharsets.US_ASCII));
    Entry token = tier.token(key, 0, 0, new Flight(System.nanoTime()));
    if (tier.begin(token) != null || !tier.publish(token, reply, Long.MAX_VALUE)) {
      throw new IllegalStateException("a new tier is empty");
    }
    return token;
  }

  /** Frees the output. */
  @TearDown
  public void free() {
    out.release();
  }

  /** From a plain entry. */
  @Benchmark
  public ByteBuf fromPlain() {
    Compression.writeReply(plain, out.clear());
    return out;
  }

  /** From a block, as L1 does it. */
  @Benchmark
  public ByteBuf fromBlock() {
    Compression.writeReply(compressed, out.clear());
    return out;
  }

  /** From a block by way of an array that is there already. */
  @Benchmark
  public ByteBuf fromBlockByScratch() {
    int length = decompressor.decompress(block, 0, block.length, scratch, 0, scratch.length);
    return out.clear().writeBytes(scratch, 0, length);
  }

  /** From a block straight into the output. */
  @Benchmark
  public ByteBuf fromBlockStraight() {
    ByteBuffer target = out.clear().internalNioBuffer(0, reply.length);
    int at = target.position();
    int length =
        decompressor.decompress(
            ByteBuffer.wrap(block), 0, block.length, target, at, target.remaining());
    return out.writerIndex(length);
  }

  /** What a fill pays. */
  @Benchmark
  public byte[] compress() {
    return compressor.compress(reply);
  }

  /** Returns how many times shorter the block is; 1 where L1 holds the entry plain. */
  double ratio() {
    return compressed.isCompressed() ? (double) reply.length / block.length : 1;
  }

  /** Returns what has to be in the output, for the test. */
  byte[] reply() {
    return reply;
  }
}

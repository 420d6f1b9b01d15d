package dev.nearside.proxy.tier.local;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.jspecify.annotations.Nullable;

/**
 * LZ4 for large replies in L1. Thread-safe.
 *
 * <p>A reply is held as an LZ4 block only when that saves at least a fifth of it: a hit on a block
 * pays for its decompression.
 */
public final class Compression {
  /** Loaded with the first large reply: its native library is not for who has none. */
  private static final class Lz4 {
    static final LZ4Compressor COMPRESSOR = LZ4Factory.fastestInstance().fastCompressor();
    static final LZ4SafeDecompressor DECOMPRESSOR = LZ4Factory.fastestInstance().safeDecompressor();
  }

  private final int thresholdBytes;

  Compression(int thresholdBytes) {
    this.thresholdBytes = thresholdBytes;
  }

  /** Returns the LZ4 block of {@code reply}, or null where holding it plain is better. */
  byte @Nullable [] compress(byte[] reply) {
    if (reply.length < thresholdBytes) {
      return null;
    }
    byte[] block = Lz4.COMPRESSOR.compress(reply);
    return block.length <= reply.length - reply.length / 5 ? block : null;
  }

  /**
   * Appends the reply of a landed, not nil {@code entry} to {@code out}, as Redis would write it.
   */
  public static void writeReply(Entry entry, ByteBuf out) {
    byte[] held = entry.array();
    int start = Held.start(held);
    switch (Held.form(held)) {
      case Held.BULK -> BulkLine.write(out, held, start);
      case Held.BLOCK -> writePlain(held, start, out);
      default -> out.writeBytes(held, start, held.length - start);
    }
  }

  private static void writePlain(byte[] held, int start, ByteBuf out) {
    int length = Held.replyLength(held);
    ByteBuffer to = out.ensureWritable(length).internalNioBuffer(out.writerIndex(), length);
    Lz4.DECOMPRESSOR.decompress(
        ByteBuffer.wrap(held), start, held.length - start, to, to.position(), length);
    out.writerIndex(out.writerIndex() + length);
  }

  /** Returns the reply of an entry that is held as an LZ4 block. */
  static byte[] plain(Entry entry) {
    byte[] held = entry.array();
    int start = Held.start(held);
    byte[] plain = new byte[entry.replyLength()];
    Lz4.DECOMPRESSOR.decompress(held, start, held.length - start, plain, 0);
    return plain;
  }
}

package dev.nearside.proxy.tier.database;

import java.nio.ByteBuffer;
import java.util.Arrays;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * A value as the long-term store holds it: its columns {@code encoding} and {@code value}.
 *
 * <pre>
 * encoding 0   value   the bytes of the value
 * encoding 1   length  4 bytes, big endian: how many bytes the value has
 *              block   those bytes as one LZ4 block
 * </pre>
 *
 * <p>Both forms may be read for as long as there are rows: a form is added, never changed.
 *
 * @param encoding how {@code bytes} are to be read, {@link #RAW} or {@link #LZ4}
 * @param bytes what the column holds; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier between a value and its row, never compared
public record StoredValue(short encoding, byte[] bytes) {
  /** The value itself. */
  public static final short RAW = 0;

  /** The value's length and its LZ4 block. */
  public static final short LZ4 = 1;

  /** No block is shorter than a 255th of what it stands for (LZ4 block format, "match length"). */
  private static final int MOST_COMPRESSED = 255;

  /** Loaded with the first large value: its native library is not for who has none. */
  private static final class Codec {
    static final LZ4Compressor COMPRESSOR = LZ4Factory.fastestInstance().fastCompressor();
    static final LZ4SafeDecompressor DECOMPRESSOR = LZ4Factory.fastestInstance().safeDecompressor();
  }

  /**
   * Returns the form in which {@code value} is to be stored: compressed where it has at least
   * {@code compressAboveBytes} and that saves a fifth, else as it is, which keeps the array.
   */
  public static StoredValue of(byte[] value, int compressAboveBytes) {
    if (value.length >= compressAboveBytes && value.length > Integer.BYTES) {
      byte[] compressed =
          new byte[Integer.BYTES + Codec.COMPRESSOR.maxCompressedLength(value.length)];
      int length =
          Codec.COMPRESSOR.compress(
                  value,
                  0,
                  value.length,
                  compressed,
                  Integer.BYTES,
                  compressed.length - Integer.BYTES)
              + Integer.BYTES;
      if (length <= value.length - value.length / 5) {
        ByteBuffer.wrap(compressed).putInt(value.length);
        return new StoredValue(LZ4, Arrays.copyOf(compressed, length));
      }
    }
    return new StoredValue(RAW, value);
  }

  /**
   * Returns the value, in an array of its own unless it is stored raw.
   *
   * @throws IllegalArgumentException if these are not the bytes of a value, or of a form that this
   *     version does not know
   */
  public byte[] value() {
    return switch (encoding) {
      case RAW -> bytes;
      case LZ4 -> decompressed();
      default -> throw new IllegalArgumentException("encoding " + encoding + " is not known");
    };
  }

  private byte[] decompressed() {
    int blockLength = bytes.length - Integer.BYTES;
    int length = blockLength < 1 ? -1 : ByteBuffer.wrap(bytes).getInt();
    if (length < 0 || length / MOST_COMPRESSED > blockLength) {
      throw new IllegalArgumentException("a compressed value has no length that it could have");
    }
    byte[] value = new byte[length];
    int decompressed;
    try {
      decompressed =
          Codec.DECOMPRESSOR.decompress(bytes, Integer.BYTES, blockLength, value, 0, length);
    } catch (LZ4Exception e) {
      throw new IllegalArgumentException("a compressed value is damaged", e);
    }
    if (decompressed != length) {
      throw new IllegalArgumentException("a compressed value is shorter than it says");
    }
    return value;
  }
}

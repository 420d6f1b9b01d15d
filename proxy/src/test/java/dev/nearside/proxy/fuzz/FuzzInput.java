package dev.nearside.proxy.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * What the bytes of a fuzzer mean to a decoder: what is sent, and where it is cut into pieces.
 *
 * <pre>
 *  0x82            two gaps; 0x80: runs are written out
 *  0x03 0x00       cuts after 4 bytes, and after 1 more
 *  *1\r\n$4\r\n…   what is sent
 *  0x01 b          a run of 65 500 + b times 'x', so that small inputs reach the limits of lines
 * </pre>
 *
 * The short head leaves what is sent readable in the files of the corpus.
 */
public final class FuzzInput {
  /** Inputs up to this length are worth being cut at every byte, too. */
  public static final int SHORT_BYTES = 96;

  private static final int RUNS = 0x80;
  private static final int MAX_GAPS = 0x0f;
  private static final int MAX_RUNS = 3;
  private static final int RUN_BYTES = 65_500;

  private final byte[] sent;
  private final int[] cuts;

  private FuzzInput(byte[] sent, int[] cuts) {
    this.sent = sent;
    this.cuts = cuts;
  }

  /** Reads the bytes of a fuzzer, any bytes. */
  public static FuzzInput of(byte[] bytes) {
    int head = bytes.length == 0 ? 0 : bytes[0] & 0xff;
    int gaps = Math.min(head & MAX_GAPS, Math.max(0, bytes.length - 1));
    byte[] rest = Arrays.copyOfRange(bytes, Math.min(bytes.length, 1 + gaps), bytes.length);
    byte[] sent = (head & RUNS) == 0 ? rest : written(rest);
    return new FuzzInput(sent, cuts(bytes, gaps, sent.length));
  }

  /** Returns what is sent. */
  public byte[] sent() {
    return sent.clone();
  }

  /** Returns where it is cut, ascending, each inside what is sent. */
  public int[] cuts() {
    return cuts.clone();
  }

  private static byte[] written(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int runs = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 1 && i + 1 < bytes.length && runs++ < MAX_RUNS) {
        byte[] run = new byte[RUN_BYTES + (bytes[++i] & 0xff)];
        Arrays.fill(run, (byte) 'x');
        out.writeBytes(run);
      } else {
        out.write(bytes[i]);
      }
    }
    return out.toByteArray();
  }

  private static int[] cuts(byte[] bytes, int gaps, int length) {
    int[] cuts = new int[gaps];
    int count = 0;
    int at = 0;
    for (int i = 1; i <= gaps; i++) {
      at += 1 + (bytes[i] & 0xff);
      if (at < length) {
        cuts[count++] = at;
      }
    }
    return Arrays.copyOf(cuts, count);
  }
}

package dev.nearside.proxy.resp;

import java.util.random.RandomGenerator;

/** Where random input is cut into pieces, and how it is damaged. */
final class Cuts {
  private Cuts() {}

  /** Returns ascending places inside {@code length} bytes; most pieces are small. */
  static int[] random(RandomGenerator random, int length) {
    int mean = 1 + random.nextInt(64);
    int[] cuts = new int[length];
    int count = 0;
    for (int at = random.nextInt(2 * mean); at < length; at += 1 + random.nextInt(2 * mean)) {
      cuts[count++] = at;
    }
    return java.util.Arrays.copyOf(cuts, count);
  }

  /** Returns a copy in which a few bytes are changed, lost or sent twice. */
  static byte[] damaged(RandomGenerator random, byte[] bytes) {
    byte[] copy = bytes.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(copy.length);
      switch (random.nextInt(4)) {
        case 0 -> copy[at] = (byte) random.nextInt(256);
        case 1 -> copy[at] = (byte) "\r\n\0-$*09\"'\\>|".charAt(random.nextInt(13));
        case 2 -> System.arraycopy(copy, at, copy, at / 2, copy.length - at);
        default -> copy[at] ^= (byte) (1 << random.nextInt(8));
      }
    }
    return copy;
  }
}

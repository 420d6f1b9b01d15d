package dev.nearside.proxy.parity;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What DEBUG DIGEST of several nodes makes together. Redis exclusive-ors the digests of all keys to
 * that of the number of their database, if there are keys in it (computeDatasetDigest, debug.c).
 */
final class KeysDigest {
  private static final int BYTES = 20;
  private static final byte[] FIRST_DATABASE = sha1(sha1(new byte[4]));

  private KeysDigest() {}

  /**
   * Adds the keys of one more node.
   *
   * @param keys what this returned before, or nothing
   * @param digest the reply to DEBUG DIGEST
   */
  static byte[] and(byte[] keys, String digest) {
    byte[] sum = Arrays.copyOf(keys, BYTES);
    byte[] more = HexFormat.of().parseHex(digest.strip().substring(1));
    if (!Arrays.equals(more, new byte[BYTES])) {
      add(sum, more);
      add(sum, FIRST_DATABASE);
    }
    return sum;
  }

  private static void add(byte[] sum, byte[] more) {
    for (int i = 0; i < BYTES; i++) {
      sum[i] ^= more[i];
    }
  }

  private static byte[] sha1(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}

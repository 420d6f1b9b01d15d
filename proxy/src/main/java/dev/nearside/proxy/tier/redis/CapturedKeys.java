package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The keys whose rows' changes somebody in the fleet has to read, so that Redis may have them.
 * Thread-safe.
 */
public final class CapturedKeys {
  /** There are none. */
  static final CapturedKeys NONE = new CapturedKeys(new byte[0], key -> false);

  private final byte[] gate;
  private volatile @Nullable GateWatch watch;
  private final Predicate<byte[]> keys;
  private final String sidecar;
  private final AtomicLong tokens = new AtomicLong();

  /**
   * Creates them.
   *
   * @param gate the key in Redis that says who reads the changes, and whether he is ready
   * @param keys true for these keys; asked by any thread
   */
  public CapturedKeys(byte[] gate, Predicate<byte[]> keys) {
    this.gate = gate.clone();
    this.keys = keys;
    byte[] random = new byte[CaptureScripts.SIDECAR_DIGITS / 2];
    new SecureRandom().nextBytes(random);
    this.sidecar = HexFormat.of().formatHex(random);
  }

  /** The gate is looked at by {@code watch}, since it is at another node than most of the keys. */
  void watchedBy(GateWatch watch) {
    this.watch = watch;
  }

  /** Returns what is known of the gate, or null where whoever gives leases looks himself. */
  @Nullable GateWatch watch() {
    return watch;
  }

  byte[] gate() {
    return gate.clone();
  }

  /** Returns what tells one who has the gate from every other, and begins as all of this do. */
  byte[] newToken() {
    return (sidecar + ":" + tokens.incrementAndGet()).getBytes(US_ASCII);
  }

  boolean contains(byte[] key) {
    return keys.test(key);
  }
}

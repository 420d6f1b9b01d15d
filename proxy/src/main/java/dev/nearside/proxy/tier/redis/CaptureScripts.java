package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * What is done to the gate, KEYS[1]. Its value is the token of who reads the changes, and a {@code
 * +} behind it while he is ready.
 */
final class CaptureScripts {
  /** The length of the part of a token that a sidecar has for good. */
  static final int SIDECAR_DIGITS = 32;

  private static final String IF_OURS =
      """
      local now = redis.call('GET', KEYS[1])
      if now ~= ARGV[1] and now ~= ARGV[1] .. '+' then return 0 end
      """;

  /** ARGV: token, TTL in ms. One that the same sidecar had before is taken, too. */
  static final byte[] TAKE =
      script(
          """
          local now = redis.call('GET', KEYS[1])
          if now and string.sub(now, 1, %d) ~= string.sub(ARGV[1], 1, %d) then return 0 end
          redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
          return 1
          """
              .formatted(SIDECAR_DIGITS, SIDECAR_DIGITS));

  /** ARGV: token, TTL in ms. */
  static final byte[] RENEW = script(IF_OURS + "return redis.call('PEXPIRE', KEYS[1], ARGV[2])");

  /** ARGV: token, TTL in ms. */
  static final byte[] OPEN =
      script(IF_OURS + "redis.call('SET', KEYS[1], ARGV[1] .. '+', 'PX', ARGV[2]) return 1");

  /** ARGV: token, TTL in ms. */
  static final byte[] SHUT =
      script(IF_OURS + "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1");

  /** ARGV: token. */
  static final byte[] RELEASE = script(IF_OURS + "return redis.call('DEL', KEYS[1])");

  private CaptureScripts() {}

  private static byte[] script(String text) {
    return text.getBytes(US_ASCII);
  }
}

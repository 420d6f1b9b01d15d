package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * What is done to a key and its lease in one step. In each, KEYS is k, lease(k), and ARGV begins
 * with the token; all but the first do nothing unless the lease has that token.
 */
final class LeaseScripts {
  /** ARGV: token, TTL of the lease in ms. 1: taken, 0: another's or a marker, 2: there is a k. */
  static final byte[] ACQUIRE =
      script(
          """
          if redis.call('EXISTS', KEYS[1]) == 1 then return 2 end
          if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
          return 0
          """);

  /** ARGV: token, TTL of the lease in ms. */
  static final byte[] RENEW = ifOurs("return redis.call('PEXPIRE', KEYS[2], ARGV[2])");

  /** ARGV: token. */
  static final byte[] RELEASE = ifOurs("return redis.call('DEL', KEYS[2])");

  /** ARGV: token, value, TTL of the value in ms. */
  static final byte[] FILL =
      ifOurs(
          """
          redis.call('DEL', KEYS[2])
          if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
          redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
          return 1
          """);

  /** ARGV: token, marker, TTL of the marker in ms. */
  static final byte[] MARK =
      ifOurs(
          """
          if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DEL', KEYS[2]) return 0 end
          redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
          return 1
          """);

  /** ARGV: token, value, TTL of the value in ms, old value. */
  static final byte[] REPLACE =
      ifOurs(
          """
          redis.call('DEL', KEYS[2])
          if redis.call('GET', KEYS[1]) ~= ARGV[4] then return 0 end
          redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
          return 1
          """);

  /** ARGV: token, marker, TTL of the marker in ms (0: none), old value. */
  static final byte[] REMOVE =
      ifOurs(
          """
          redis.call('DEL', KEYS[2])
          if redis.call('GET', KEYS[1]) ~= ARGV[4] then return 0 end
          redis.call('DEL', KEYS[1])
          if ARGV[3] ~= '0' then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
          return 1
          """);

  private LeaseScripts() {}

  private static byte[] ifOurs(String then) {
    return script("if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end\n" + then);
  }

  private static byte[] script(String text) {
    return text.getBytes(US_ASCII);
  }
}

package dev.nearside.proxy.tier.redis;

/**
 * What is done to the list of the slots of a partition that have something, or are about to,
 * KEYS[1] of each: a sorted set of their numbers, scored by the Unix time in ms when somebody last
 * said so.
 */
final class WakeScripts {
  /** Says the time, then each slot and its score. */
  static final Script READ =
      Script.of(
          OutboxScripts.CLOCK
              + """
              return {now, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}
              """);

  /**
   * ARGV: slots. No score is said twice of a slot. A ZREM of nothing goes before the ZADD: behind a
   * write, Redis lets a script write that has no memory left. Nothing may be taken out in between:
   * where the slot of the list is on its way, a list that is gone cannot be written to.
   */
  static final Script ANNOUNCE =
      Script.of(
          OutboxScripts.CLOCK
              + """
              local scores = {}
              for i, slot in ipairs(ARGV) do
                scores[i] = math.max(now, 1 + (redis.call('ZSCORE', KEYS[1], slot) or 0))
              end
              redis.call('ZREM', KEYS[1], '')
              for i, slot in ipairs(ARGV) do redis.call('ZADD', KEYS[1], scores[i], slot) end
              return #ARGV
              """);

  /** ARGV: slot, score, age in ms. It is taken out if that is its score still, and as old. */
  static final Script REMOVE =
      Script.of(
          OutboxScripts.CLOCK
              + """
              local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or -1)
              if score ~= tonumber(ARGV[2]) or now - score < tonumber(ARGV[3]) then return 0 end
              return redis.call('ZREM', KEYS[1], ARGV[1])
              """);

  private WakeScripts() {}
}

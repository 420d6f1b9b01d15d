package dev.nearside.proxy.tier.redis;

/**
 * What is done to a key and its lease in one step.
 *
 * <p>{@link #ACQUIRE} and {@link #FILL} are for n keys, which have nothing to do with each other:
 * KEYS is all k, for the former all pending(k), then all lease(k), ARGV what stands there for each
 * k, and the reply a string with a digit for each. What Redis refuses of one, {@link #REFUSED},
 * does not keep it from the others. A command in a script costs more than a further key in it, so
 * what can be asked of all is.
 *
 * <p>In the other scripts KEYS is k, lease(k), ARGV begins with the token, and nothing is done
 * unless the lease has that token.
 */
final class LeaseScripts {
  /** What a script for many says of a key that was done. */
  static final int DONE = 1;

  /** What a script for many says of a key of which Redis has refused something. */
  static final int REFUSED = 9;

  /** What a script for many says of a key that has no lease while the gate is closed. */
  static final int GATED = 3;

  private static final String ACQUIRE =
      """
      if redis.replicate_commands then redis.replicate_commands() end
      local n = (#KEYS - (gated and 1 or 0)) / 3
      local some = redis.call('EXISTS', unpack(KEYS, 1, 2 * n)) > 0
      local open = not shut and (not gated or string.sub(redis.call('GET', KEYS[#KEYS]) or '', -1) == '+')
      local did = {}
      local function put_back(i, pending)
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local life = tonumber(string.sub(pending, 42, 53)) or 0
        local ends = tonumber(string.sub(pending, 26, 41))
        if ends then life = math.min(life, ends - now) end
        local set
        if string.sub(pending, 25, 25) == '1' and life > 0 then
          set = redis.pcall('SET', KEYS[i], string.sub(pending, 54), 'PX', life)
          if not set.err then redis.call('DEL', KEYS[2 * n + i]) end
          did[i] = set.err and 9 or 2
        else
          set = redis.pcall('SET', KEYS[2 * n + i], 'absent', 'PX', 1000)
          did[i] = set.err and 9 or 0
        end
      end
      for i = 1, n do
        if some and redis.call('EXISTS', KEYS[i]) == 1 then
          did[i] = 2
        else
          local pending = some and redis.pcall('GET', KEYS[n + i])
          if type(pending) == 'string' then
            put_back(i, pending)
          elseif pending then
            did[i] = 9
          elseif not open then
            did[i] = 3
          else
            local lease = KEYS[2 * n + i]
            local set = redis.pcall('SET', lease, ARGV[2 * i - 1], 'NX', 'PX', ARGV[2 * i])
            did[i] = set and (set.ok and 1 or 9) or 0
          end
        end
      end
      return table.concat(did)
      """;

  private static final String ACQUIRE_ANY =
      """
      if gated and string.sub(redis.call('GET', KEYS[#KEYS]) or '', -1) ~= '+' then return 0 end
      if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
      return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
      """;

  /**
   * For each k: token, TTL of the lease in ms. Says 1: taken, 0: another's or a marker, 2: there is
   * a k. What is pending of a missing k ({@link Outbox}) is put there, or is that there is none,
   * and no lease is taken: by every sidecar, since others may write behind what this one does not.
   *
   * @param gated whether the last of KEYS is a gate ({@link CaptureLink}): it says 3 of what could
   *     be taken while that is not open
   */
  static Script acquire(boolean gated) {
    return Script.of(with(gated) + "local shut = false\n" + ACQUIRE);
  }

  /** As {@link #acquire} of what is known to have a gate elsewhere that is not open. */
  static Script acquireShut() {
    return Script.of(with(false) + "local shut = true\n" + ACQUIRE);
  }

  /**
   * KEYS: lease(k), pending(k), the gate where {@code gated}. ARGV: token, TTL of the lease in ms.
   * Whether k is there or not.
   */
  static Script acquireAny(boolean gated) {
    return Script.of(with(gated) + ACQUIRE_ANY);
  }

  private static String with(boolean gated) {
    return "local gated = " + gated + "\n";
  }

  /**
   * For each k: token, TTL of the value in ms, value. Says 1: done, 0: not our lease any more, or
   * there is a k.
   */
  static final Script FILL =
      Script.of(
          """
          local n = #KEYS / 2
          local leases = redis.pcall('MGET', unpack(KEYS, n + 1, 2 * n))
          if leases.err then
            leases = {}
            for i = 1, n do
              local lease = redis.pcall('GET', KEYS[n + i])
              leases[i] = type(lease) == 'string' and lease
            end
          end
          local ours = {}
          for i = 1, n do
            if leases[i] == ARGV[3 * i - 2] then ours[#ours + 1] = KEYS[n + i] end
          end
          if #ours > 0 then redis.call('DEL', unpack(ours)) end
          local did = {}
          for i = 1, n do
            did[i] = 0
            if leases[i] == ARGV[3 * i - 2] then
              local set = redis.pcall('SET', KEYS[i], ARGV[3 * i], 'PX', ARGV[3 * i - 1], 'NX')
              did[i] = set and (set.ok and 1 or 9) or 0
            end
          end
          return table.concat(did)
          """);

  /** ARGV: token, TTL of the lease in ms. */
  static final Script RENEW = ifOurs("return redis.call('PEXPIRE', KEYS[2], ARGV[2])");

  /** ARGV: token. */
  static final Script RELEASE = ifOurs("return redis.call('DEL', KEYS[2])");

  /** ARGV: token, marker, TTL of the marker in ms. */
  static final Script MARK =
      ifOurs(
          """
          if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DEL', KEYS[2]) return 0 end
          redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
          return 1
          """);

  /** ARGV: token, value, TTL of the value in ms, old value. */
  static final Script REPLACE =
      ifOurs(
          """
          redis.call('DEL', KEYS[2])
          if redis.call('GET', KEYS[1]) ~= ARGV[4] then return 0 end
          redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
          return 1
          """);

  /** ARGV: token, marker, TTL of the marker in ms (0: none), old value. */
  static final Script REMOVE =
      ifOurs(
          """
          redis.call('DEL', KEYS[2])
          if redis.call('GET', KEYS[1]) ~= ARGV[4] then return 0 end
          redis.call('DEL', KEYS[1])
          if ARGV[3] ~= '0' then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
          return 1
          """);

  private LeaseScripts() {}

  private static Script ifOurs(String then) {
    return Script.of("if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end\n" + then);
  }
}

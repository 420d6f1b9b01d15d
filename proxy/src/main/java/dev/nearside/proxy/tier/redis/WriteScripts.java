package dev.nearside.proxy.tier.redis;

/**
 * What is done to keys, and to their leases, before and after the database has taken a write of
 * them, in one step each. KEYS is all k, then all lease(k).
 *
 * <p>While k is written, lease(k) says by whom: {@code w}, and for each writer {@code +} or {@code
 * -}, his token of {@value #TOKEN_BYTES} bytes, and the server's time in milliseconds, of 13
 * digits, from which on he does not count any more. {@code -} means that he was not alone with k.
 */
final class WriteScripts {
  /** The length of a token. */
  static final int TOKEN_BYTES = 24;

  /** Whether somebody is about to write k, or was when he died. */
  static final String IS_WRITTEN =
      """
      local function is_written(lease)
        return type(lease) == 'string' and string.sub(lease, 1, 1) == 'w' and #lease % 38 == 1
      end
      """;

  private static final String HEAD =
      """
      if redis.replicate_commands then redis.replicate_commands() end
      local n = #KEYS / 2
      local time = redis.call('TIME')
      local now = time[1] * 1000 + math.floor(time[2] / 1000)
      local function read(lease)
        local others, own = {}, nil
        if is_written(lease) then
          for at = 2, #lease, 38 do
            local rest = string.sub(lease, at + 1, at + 37)
            if string.sub(rest, 1, 24) == ARGV[1] then
              own = string.sub(lease, at, at)
            elseif tonumber(string.sub(rest, 25)) > now then
              others[#others + 1] = string.sub(lease, at, at) .. rest
            end
          end
        end
        return others, own
      end
      local function keep(lease, writers)
        if #writers == 0 then
          redis.call('DEL', lease)
        else
          redis.call('SET', lease, 'w' .. table.concat(writers), 'KEEPTTL')
        end
      end
      """;

  /**
   * KEYS goes on with all pending(k) ({@link Outbox}). ARGV: token, for how long he counts in ms. A
   * value that is there lives no longer than that from now on. Says 0, and does nothing, where
   * something is pending.
   */
  static final Script INTEND =
      script(
          """
          local window = tonumber(ARGV[2])
          n = #KEYS / 3
          if redis.call('EXISTS', unpack(KEYS, 2 * n + 1, 3 * n)) > 0 then return 0 end
          for i = 1, n do
            local lease = KEYS[n + i]
            local writers = read(redis.pcall('GET', lease))
            local alone = #writers == 0
            for at = 1, #writers do writers[at] = '-' .. string.sub(writers[at], 2) end
            writers[#writers + 1] =
                (alone and '+' or '-') .. ARGV[1] .. string.format('%013d', now + window)
            redis.call('SET', lease, 'w' .. table.concat(writers), 'PX', window)
            local left = redis.call('PTTL', KEYS[i])
            if left == -1 or left > window then redis.call('PEXPIRE', KEYS[i], window) end
          end
          return n
          """);

  /**
   * ARGV: token, then for each k: TTL in ms (-1: none, 0: there is no value) and value. Only who
   * was alone with k puts his value there; everybody else deletes it. Who is not known any more has
   * not been seen by those who came since: they were not alone. Says how many were put.
   */
  static final Script SETTLE =
      script(
          """
          local put = 0
          for i = 1, n do
            local k, lease = KEYS[i], KEYS[n + i]
            local writers, own = read(redis.pcall('GET', lease))
            local ttl = tonumber(ARGV[2 * i])
            if own == '+' and ttl ~= 0 then
              if ttl < 0 then
                redis.call('SET', k, ARGV[2 * i + 1])
              else
                redis.call('SET', k, ARGV[2 * i + 1], 'PX', ttl)
              end
              put = put + 1
            else
              redis.call('DEL', k)
            end
            if not own then
              for at = 1, #writers do writers[at] = '-' .. string.sub(writers[at], 2) end
            end
            keep(lease, writers)
          end
          return put
          """);

  /** ARGV: token. The write was not made: the writer counts no more, and nothing else changes. */
  static final Script WITHDRAW =
      script(
          """
          for i = 1, n do
            local writers, own = read(redis.pcall('GET', KEYS[n + i]))
            if own then keep(KEYS[n + i], writers) end
          end
          return n
          """);

  private WriteScripts() {}

  private static Script script(String body) {
    return Script.of(IS_WRITTEN + HEAD + body);
  }
}

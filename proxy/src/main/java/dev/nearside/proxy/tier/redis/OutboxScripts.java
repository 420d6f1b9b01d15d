package dev.nearside.proxy.tier.redis;

/**
 * What is done to keys that are written behind, to what is pending of them, and to the stream that
 * says which are, in one step each.
 *
 * <p>pending(k) is a string: a token of {@value #TOKEN_BYTES} bytes that no two writes share, 1 or
 * 0 for a value or none, the Unix time in ms when it ends in 16 digits or as many blanks, for how
 * long Redis may have it in ms in 12 digits, and the value. It exists while the database has not
 * taken it, and has no expiry: Redis evicts it under no policy but {@code allkeys-…}. The stream of
 * its namespace then has an entry with k.
 */
final class OutboxScripts {
  static final int TOKEN_BYTES = 24;
  static final int BATCH_BYTES = 16;
  static final int VALUE_AT = TOKEN_BYTES + 1 + 16 + 12;

  /** What {@link #APPEND} says. */
  static final int CONFLICT = 0;

  static final int FULL = -1;

  /** What the drain's scripts say to who has not the lease any more. */
  static final int LOST = -1;

  static final int ELSEWHERE = -2;
  static final int DEAD_FULL = -3;

  static final String CLOCK =
      """
      if redis.replicate_commands then redis.replicate_commands() end
      local time = redis.call('TIME')
      local now = time[1] * 1000 + math.floor(time[2] / 1000)
      """;

  /**
   * KEYS: all lease(k), all pending(k). ARGV: token, its time in ms. Says the time, and what is
   * pending of each; where nothing is, lease(k) becomes the token, whoever had it. Says -1 alone,
   * and does nothing, where one of them is being written through.
   */
  static final Script LOOK =
      Script.of(
          WriteScripts.IS_WRITTEN
              + CLOCK
              + """
              local n = #KEYS / 2
              for i = 1, n do
                if is_written(redis.pcall('GET', KEYS[i])) then return {-1} end
              end
              local said = {now}
              for i = 1, n do said[i + 1] = redis.call('GET', KEYS[n + i]) end
              for i = 1, n do
                if not said[i + 1] then redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2]) end
              end
              return said
              """);

  /**
   * KEYS: all k, lease(k), pending(k), and the stream of each. ARGV: token, then for each k:
   * condition, most entries of its stream, 1 for a value, 0 for none, or - for no change, end, time
   * in Redis, time in Redis from now, value. A condition is s and the token of what is pending, l
   * and that of the lease where nothing is, or nothing; and nobody must write k through.
   *
   * <p>The first write is one that Redis refuses where it has no memory left: then nothing is done.
   */
  static final Script APPEND =
      Script.of(
          WriteScripts.IS_WRITTEN
              + """
              local n = #KEYS / 4
              local pends, more = {}, {}
              for i = 1, n do
                local at = 7 * i - 5
                local kind, token = string.sub(ARGV[at], 1, 1), string.sub(ARGV[at], 2)
                local pending = redis.call('GETRANGE', KEYS[2 * n + i], 0, 23)
                pends[i] = pending ~= ''
                if kind == 's' and pending ~= token then return 0 end
                local lease = redis.pcall('GET', KEYS[n + i])
                if is_written(lease) or kind == 'l' and (pends[i] or lease ~= token) then
                  return 0
                end
                if ARGV[at + 2] ~= '-' and not pends[i] then
                  local stream = KEYS[3 * n + i]
                  more[stream] = (more[stream] or redis.call('XLEN', stream)) + 1
                  if more[stream] > tonumber(ARGV[at + 1]) then return -1 end
                end
              end
              for i = 1, n do
                local at = 7 * i - 5
                local k, does = KEYS[i], ARGV[at + 2]
                if does ~= '-' then
                  if not pends[i] then redis.call('XADD', KEYS[3 * n + i], '*', 'k', k) end
                  redis.call('SET', KEYS[2 * n + i],
                      ARGV[1] .. does .. ARGV[at + 3] .. ARGV[at + 4] .. ARGV[at + 6])
                  if does == '1' then
                    redis.call('SET', k, ARGV[at + 6], 'PX', ARGV[at + 5])
                  else
                    redis.call('DEL', k)
                  end
                end
                if does ~= '-' or string.sub(ARGV[at], 1, 1) == 'l' then
                  redis.call('DEL', KEYS[n + i])
                end
              end
              return 1
              """);

  /**
   * As {@link #APPEND} for writes that have nothing to do with each other, none of which has a
   * condition. ARGV: token, then for each k what follows the condition there. Says for each 1, 2
   * where its outbox is full, or 3 where k is being written through.
   */
  static final Script APPEND_EACH =
      Script.of(
          WriteScripts.IS_WRITTEN
              + """
              local call, n = redis.call, #KEYS / 4
              local said, length, leases = {}, {}, {}
              local held = call('MGET', unpack(KEYS, n + 1, 2 * n))
              for i = 1, n do -- all that may fail comes before the first write
                local stream = KEYS[3 * n + i]
                length[stream] = length[stream] or call('XLEN', stream)
              end
              for i = 1, n do
                local at = 6 * i - 4
                local k, pending, stream = KEYS[i], KEYS[2 * n + i], KEYS[3 * n + i]
                local does, value = ARGV[at + 1], ARGV[at + 5]
                local state = ARGV[1] .. does .. ARGV[at + 2] .. ARGV[at + 3] .. value
                local depth = length[stream]
                if is_written(held[i]) then
                  said[i] = 3
                elseif depth < tonumber(ARGV[at]) and call('SETNX', pending, state) == 1 then
                  call('XADD', stream, '*', 'k', k)
                  length[stream] = depth + 1
                  said[i] = 1
                else
                  said[i] = call('SET', pending, state, 'XX') and 1 or 2
                end
                if said[i] == 1 then
                  if does == '1' then
                    call('SET', k, value, 'PX', ARGV[at + 4])
                  else
                    call('DEL', k)
                  end
                  leases[#leases + 1] = KEYS[n + i]
                end
              end
              if #leases > 0 then call('DEL', unpack(leases)) end
              return table.concat(said)
              """);

  /** KEYS: all lease(k). ARGV: token. Gives back what {@link #LOOK} took. */
  static final Script UNCLAIM =
      Script.of(
          """
          for i = 1, #KEYS do
            if redis.pcall('GET', KEYS[i]) == ARGV[1] then redis.call('DEL', KEYS[i]) end
          end
          return #KEYS
          """);

  /**
   * KEYS: lease of the drain. ARGV: token, its time in ms. Says 1 where it is ours. A DEL goes
   * before it: behind that, Redis lets a script write that has no memory left, and only the drain
   * can give it some.
   */
  static final Script TAKE =
      Script.of(
          """
          local owner = redis.call('GET', KEYS[1])
          if owner and owner ~= ARGV[1] then return 0 end
          redis.call('DEL', KEYS[1])
          redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
          return 1
          """);

  /** KEYS: stream, stream of the dead. Says the time, both lengths, and the first entry's name. */
  static final Script OBSERVE =
      Script.of(
          CLOCK
              + """
              local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
              return {now, redis.call('XLEN', KEYS[1]), redis.call('XLEN', KEYS[2]),
                  first[1] and first[1][1] or false}
              """);

  /**
   * The value of one of many names, or false: they are read many at a time, but for large ones,
   * which are not to stand in memory together.
   */
  private static final String VALUE =
      """
      local values, largest, chunk = {}, 0, 1
      local function value(names, i)
        if values[i] == nil then
          chunk = largest <= 16384 and math.min(2 * chunk, 64) or 1
          local last = math.min(#names, i + chunk - 1)
          for j, found in ipairs(redis.call('MGET', unpack(names, i, last))) do
            values[i + j - 1] = found
            largest = math.max(largest, found and #found or 0)
          end
        end
        return values[i]
      end
      """;

  /**
   * KEYS: stream, lease of the drain, batch, stream of the dead. ARGV: token, its time in ms, name
   * of the batch, most keys, most bytes, prefix of pending(k). Remembers what belongs to the batch,
   * and says for each: entry, k, pending(k). What is no string at all, which somebody else must
   * have put there, is given another name, and put aside.
   */
  static final Script SEAL =
      Script.of(
          VALUE
              + """
              if redis.call('GET', KEYS[2]) ~= ARGV[1] then return {-1} end
              if redis.call('PTTL', KEYS[2]) < ARGV[2] / 2 then
                redis.call('PEXPIRE', KEYS[2], ARGV[2])
              end
              local said, batch, seen, bytes = {1}, {}, {}, 0
              local entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[4])
              local names = {}
              for i, entry in ipairs(entries) do names[i] = ARGV[6] .. entry[2][2] end
              for i, entry in ipairs(entries) do
                local k = entry[2][2]
                local pending = not seen[k] and value(names, i)
                if pending then
                  seen[k] = true
                  batch[#batch + 1] = {entry[1], k, string.sub(pending, 1, 24)}
                  said[#said + 1] = entry[1]
                  said[#said + 1] = k
                  said[#said + 1] = pending
                  bytes = bytes + #pending
                  if bytes >= tonumber(ARGV[5]) then break end
                elseif not seen[k] and redis.call('EXISTS', names[i]) == 1 then
                  local other = 'nearside:strange:' .. k
                  redis.call('RENAME', names[i], other)
                  redis.call('XADD', KEYS[4], '*', 'k', k, 'pending', '',
                      'why', 'what was pending is no string: it is ' .. other .. ' now')
                  redis.call('XDEL', KEYS[1], entry[1])
                else
                  redis.call('XDEL', KEYS[1], entry[1])
                end
              end
              if #batch > 0 then
                redis.call('DEL', KEYS[3]) -- as at TAKE
                redis.call('SET', KEYS[3], ARGV[3] .. cmsgpack.pack(batch))
              end
              return said
              """);

  /**
   * KEYS: stream, lease of the drain, batch. ARGV: token, name of the batch, prefix of pending(k).
   * The database has taken it: what was not written since is no longer pending.
   */
  static final Script DRAINED =
      Script.of(
          VALUE
              + """
              if redis.call('GET', KEYS[2]) ~= ARGV[1] then return -1 end
              local batch = redis.call('GET', KEYS[3])
              if not batch or string.sub(batch, 1, 16) ~= ARGV[2] then return -2 end
              local keys = cmsgpack.unpack(string.sub(batch, 17))
              local entries, names, done = {}, {}, {}
              for i, key in ipairs(keys) do
                entries[i], names[i] = key[1], ARGV[3] .. key[2]
              end
              redis.call('XDEL', KEYS[1], unpack(entries))
              for i, key in ipairs(keys) do
                local pending = value(names, i)
                if pending and string.sub(pending, 1, 24) == key[3] then
                  done[#done + 1] = names[i]
                elseif pending then
                  redis.call('XADD', KEYS[1], '*', 'k', key[2])
                end
              end
              redis.call('DEL', KEYS[3], unpack(done))
              return #keys
              """);

  /**
   * KEYS: stream, lease of the drain, stream of the dead, k, lease(k), pending(k). ARGV: token,
   * entry, token of what was pending, why, most dead. What the database never takes is put aside,
   * unless k was written since.
   */
  static final Script BURY =
      Script.of(
          """
          if redis.call('GET', KEYS[2]) ~= ARGV[1] then return -1 end
          if redis.call('XLEN', KEYS[3]) >= tonumber(ARGV[5]) then return -3 end
          local pending = redis.call('GET', KEYS[6])
          if not pending or string.sub(pending, 1, 24) ~= ARGV[3] then return 0 end
          redis.call('XDEL', KEYS[1], ARGV[2])
          redis.call('DEL', KEYS[4], KEYS[5], KEYS[6])
          redis.call('XADD', KEYS[3], '*', 'k', KEYS[4], 'pending', pending, 'why', ARGV[4])
          return 1
          """);

  /**
   * KEYS: stream, stream of the dead. ARGV: entry of the dead, token, prefix of pending(k), of
   * lease(k). It is pending again, as if it were written now; says 0 where there is no such entry,
   * -1 where something newer is pending, or is being written through, or it cannot be read.
   */
  static final Script REPLAY =
      Script.of(
          WriteScripts.IS_WRITTEN
              + """
              local entry = redis.call('XRANGE', KEYS[2], ARGV[1], ARGV[1])[1]
              if not entry then return 0 end
              local k, pending = entry[2][2], entry[2][4]
              if not pending or #pending < 53 then return -1 end
              if redis.call('EXISTS', ARGV[3] .. k) == 1 or is_written(redis.pcall('GET', ARGV[4] .. k)) then
                return -1
              end
              redis.call('XADD', KEYS[1], '*', 'k', k)
              redis.call('SET', ARGV[3] .. k, ARGV[2] .. string.sub(pending, 25))
              redis.call('XDEL', KEYS[2], ARGV[1])
              redis.call('DEL', k, ARGV[4] .. k)
              return 1
              """);

  private OutboxScripts() {}
}

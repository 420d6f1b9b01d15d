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
  static final int NUMBER_DIGITS = 32;
  static final int VALUE_AT = TOKEN_BYTES + 1 + 16 + 12;

  /** What {@link #APPEND} says. */
  static final int CONFLICT = 0;

  static final int FULL = -1;
  static final int FIRST = 2;

  /** What the drain's scripts say to who is not to do that any more. */
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
   * <p>Says {@link #FIRST} where a stream was empty, else 1. The first write is one that Redis
   * refuses where it has no memory left: then nothing is done.
   */
  static final Script APPEND =
      Script.of(
          WriteScripts.IS_WRITTEN
              + """
              local n = #KEYS / 4
              local pends, more, said = {}, {}, 1
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
                  if more[stream] == 1 then said = 2 end
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
              return said
              """);

  /**
   * As {@link #APPEND} for writes that have nothing to do with each other, none of which has a
   * condition. ARGV: token, then for each k what follows the condition there. Says for each 1, 4
   * where the stream was empty, 2 where its outbox is full, or 3 where k is being written through.
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
                  said[i] = depth == 0 and 4 or 1
                else
                  said[i] = call('SET', pending, state, 'XX') and 1 or 2
                end
                if said[i] == 1 or said[i] == 4 then
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
   * KEYS: lease of the drain. ARGV: token, its time in ms. Says 1 where it is ours. A DEL of
   * nothing goes before it: behind a write, Redis lets a script write that has no memory left, and
   * only the drain can give it some. What is there is not deleted to be written again: where the
   * slot is on its way, it could not be.
   */
  static final Script TAKE =
      Script.of(
          """
          local owner = redis.call('GET', KEYS[1])
          if owner == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
          if owner then return 0 end
          redis.call('DEL', KEYS[1])
          redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
          return 1
          """);

  /** KEYS: lease of the drain. ARGV: token, its time in ms. As {@link #TAKE}, if it was ours. */
  static final Script KEEP =
      Script.of(
          """
          if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
          return redis.call('PEXPIRE', KEYS[1], ARGV[2])
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

  /** Older builds have sealed batches without a number. */
  private static final String IS_NUMBER =
      """
      local function is_number(text) return #text == 32 and not string.find(text, '%D') end
      """;

  /**
   * KEYS: stream, batch, stream of the dead. ARGV: name of the round, its number, most keys, most
   * bytes, prefix of pending(k), of what is strange. Remembers what belongs to the batch; says 1,
   * the time, how many are pending, how many dead, the first entry's name, and for each: entry, k,
   * pending(k). What is no string at all, which somebody else must have put there, is given another
   * name, and put aside. Says {@link #LOST} and its number where there is a batch of a later round,
   * or of this one.
   *
   * <p>The batch is the name, the number, and the entry, k and token of each of its keys. All that
   * is not in KEYS is read before the first write: where a slot is on its way to another server,
   * keys that are there already make a command fail.
   */
  static final Script SEAL =
      Script.of(
          CLOCK
              + VALUE
              + IS_NUMBER
              + """
              local number = redis.call('GETRANGE', KEYS[2], 16, 47)
              if is_number(number) and number >= ARGV[2] then return {-1, number} end
              local entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[3])
              local depth, dead = redis.call('XLEN', KEYS[1]), redis.call('XLEN', KEYS[3])
              local said = {1, now, depth, dead, entries[1] and entries[1][1] or false}
              local batch, seen, bytes, names, gone, strange = {}, {}, 0, {}, {}, {}
              for i, entry in ipairs(entries) do names[i] = ARGV[5] .. entry[2][2] end
              for i, entry in ipairs(entries) do
                local k = entry[2][2]
                local pending = not seen[k] and value(names, i)
                if pending then
                  batch[#batch + 1] = {entry[1], k, string.sub(pending, 1, 24)}
                  said[#said + 1] = entry[1]
                  said[#said + 1] = k
                  said[#said + 1] = pending
                  bytes = bytes + #pending
                  if bytes >= tonumber(ARGV[4]) then break end
                else
                  if not seen[k] and redis.call('EXISTS', names[i]) == 1 then
                    redis.call('EXISTS', ARGV[6] .. k)
                    strange[#strange + 1] = {k, names[i], ARGV[6] .. k}
                  end
                  gone[#gone + 1] = entry[1]
                end
                seen[k] = true
              end
              if #batch + #gone == 0 and number == '' then return said end
              redis.call('XDEL', KEYS[1], '0-1') -- nothing, as at TAKE
              for _, one in ipairs(strange) do
                redis.call('RENAME', one[2], one[3])
                redis.call('XADD', KEYS[3], '*', 'k', one[1], 'pending', '',
                    'why', 'what was pending is no string: it is ' .. one[3] .. ' now')
              end
              if #gone > 0 then redis.call('XDEL', KEYS[1], unpack(gone)) end
              if #batch > 0 then
                redis.call('SET', KEYS[2], ARGV[1] .. ARGV[2] .. cmsgpack.pack(batch))
              else
                redis.call('DEL', KEYS[2])
              end
              said[3], said[4] = depth - #gone, dead + #strange
              return said
              """);

  /**
   * KEYS: stream, batch. ARGV: name of the round, prefix of pending(k). The database has taken it:
   * what was not written since is no longer pending. Reads before it writes, as {@link #SEAL} does.
   */
  static final Script DRAINED =
      Script.of(
          VALUE
              + IS_NUMBER
              + """
              local batch = redis.call('GET', KEYS[2])
              if not batch or string.sub(batch, 1, 16) ~= ARGV[1] then return -2 end
              local packed = is_number(string.sub(batch, 17, 48)) and 49 or 17
              local keys = cmsgpack.unpack(string.sub(batch, packed))
              local entries, names, done, since = {}, {}, {}, {}
              for i, key in ipairs(keys) do
                entries[i], names[i] = key[1], ARGV[2] .. key[2]
              end
              for i, key in ipairs(keys) do
                local pending = value(names, i)
                if pending and string.sub(pending, 1, 24) == key[3] then
                  done[#done + 1] = names[i]
                elseif pending then
                  since[#since + 1] = key[2]
                end
              end
              redis.call('XDEL', KEYS[1], unpack(entries))
              for _, k in ipairs(since) do redis.call('XADD', KEYS[1], '*', 'k', k) end
              redis.call('DEL', KEYS[2], unpack(done))
              return #keys
              """);

  /**
   * KEYS: stream, batch, stream of the dead, k, lease(k), pending(k). ARGV: name of the round,
   * entry, token of what was pending, why, most dead. What the database never takes is put aside,
   * unless k was written since.
   */
  static final Script BURY =
      Script.of(
          """
          if redis.call('GETRANGE', KEYS[2], 0, 15) ~= ARGV[1] then return -2 end
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

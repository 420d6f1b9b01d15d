package dev.nearside.proxy.tier.redis;

/**
 * What is done to the registry of outboxes, KEYS[1] of each of Redis's databases: a sorted set of
 * the names of their namespaces, scored by the Unix time in ms when a sidecar last said that it
 * writes it behind.
 */
final class KnownOutboxScripts {
  /** No Redis is known to have as many databases. */
  private static final int MOST_DATABASES = 16_384;

  private static final String HEAD =
      """
      local function length(stream)
        local found = redis.pcall('XLEN', stream)
        return type(found) == 'number' and found or 0
      end
      local function registered()
        local found = redis.pcall('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
        return found.err and {} or found
      end
      local most_databases = %d
      """
          .formatted(MOST_DATABASES);

  /**
   * Registers the names that ARGV has from some place on, if that was not done for ten seconds. A
   * ZREM of nothing goes before the ZADD: behind a write, Redis lets a script write that has no
   * memory left. Nothing is taken out in between, as in {@link WakeScripts#ANNOUNCE}.
   */
  private static final String REGISTER =
      """
      local function register(from)
        for i = from, #ARGV do
          local named = redis.call('ZSCORE', KEYS[1], ARGV[i])
          if not named or now - named > 10000 then
            redis.call('ZREM', KEYS[1], '')
            redis.call('ZADD', KEYS[1], now, ARGV[i])
          end
        end
      end
      """;

  /**
   * ARGV: for how long nobody has to name an empty one until it is forgotten in ms, the database
   * that is selected, then the names of those that are written behind here. Says of each: database,
   * name, how many are pending, how many put aside, for how long nobody has named it.
   */
  static final Script LOOK =
      Script.of(
          OutboxScripts.CLOCK
              + REGISTER
              + HEAD
              + """
              register(3)
              local said = {}
              for d = -1, most_databases do -- its own first, which needs no SELECT
                local own = d == -1
                if not own and redis.pcall('SELECT', d).err then break end
                local names = d == tonumber(ARGV[2]) and {} or registered()
                if own then d = tonumber(ARGV[2]) end
                for i = 1, #names, 2 do
                  local stream = 'nearside:outbox:' .. names[i]
                  local pending, dead = length(stream), length(stream .. ':dead')
                  local silent = now - names[i + 1]
                  if pending + dead == 0 and silent > tonumber(ARGV[1]) then
                    redis.pcall('ZREM', KEYS[1], names[i])
                  else
                    said[#said + 1] = {d, names[i], pending, dead, silent}
                  end
                end
              end
              return said
              """);

  /**
   * ARGV: database that is selected, that of the names that follow, how many, names, how many
   * databases are affected (0: all), which, and the words of what is to be executed. Says the name
   * of one whose outbox has something, or nothing where it was executed; then what was registered
   * is registered again, since those who write there only say so now and then.
   */
  static final Script FLUSH =
      Script.of(
          HEAD
              + """
              local at = 4 + ARGV[3]
              local affected = tonumber(ARGV[at])
              local again = {}
              for i = 1, affected == 0 and most_databases or affected do
                local d = affected == 0 and i - 1 or tonumber(ARGV[at + i])
                if not d or redis.pcall('SELECT', d).err then break end
                local names = registered()
                if #names > 0 then again[#again + 1] = {d, names} end
                names = {unpack(names)}
                if d == tonumber(ARGV[2]) then
                  for own = 4, at - 1 do
                    names[#names + 1] = ARGV[own]
                    names[#names + 1] = 0
                  end
                end
                for k = 1, #names, 2 do
                  local stream = 'nearside:outbox:' .. names[k]
                  if length(stream) + length(stream .. ':dead') > 0 then return names[k] end
                end
              end
              redis.call('SELECT', ARGV[1])
              redis.call(unpack(ARGV, at + affected + 1))
              if string.upper(ARGV[at + affected + 1]) ~= 'SWAPDB' then
                for _, one in ipairs(again) do
                  redis.call('SELECT', one[1])
                  for k = 1, #one[2], 2 do
                    redis.call('ZADD', KEYS[1], one[2][k + 1], one[2][k])
                  end
                end
              end
              return ''
              """);

  /**
   * In a cluster, ARGV: names of those that are written behind here. Says each, and its silence.
   */
  static final Script NAMES =
      Script.of(
          OutboxScripts.CLOCK
              + REGISTER
              + """
              register(1)
              local said = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
              for i = 2, #said, 2 do said[i] = now - said[i] end
              return said
              """);

  /**
   * For a primary of a cluster, ARGV: how many words, the words of what is to be executed, its
   * slots as CLUSTER NODES writes them, the registry or nothing where it has not that, then all
   * streams that it may have. Says which of them, from 0, has something, is no stream or cannot be
   * looked at, or -2 where it has other slots, or some on their way, and does nothing; else -1, and
   * what was registered is registered again.
   */
  static final Script FLUSH_NODE =
      Script.of(
          """
          local words = tonumber(ARGV[1])
          local settled = false
          for line in string.gmatch(redis.call('CLUSTER', 'NODES'), '[^\\n]+') do
            local own = ' ' .. ARGV[words + 2]
            if string.find(line, 'myself,master', 1, true) then
              settled = string.sub(line, -#own) == own
            end
          end
          if not settled then return -2 end
          for i = words + 4, #ARGV do
            for _, stream in ipairs({ARGV[i], ARGV[i] .. ':dead'}) do
              local length = redis.pcall('XLEN', stream)
              if length ~= 0 then return i - words - 4 end
            end
          end
          if words > 0 then
            local registry, known = ARGV[words + 3], {}
            if registry ~= '' then known = redis.call('ZRANGE', registry, 0, -1, 'WITHSCORES') end
            redis.call(unpack(ARGV, 2, words + 1))
            for i = 1, #known, 2 do redis.call('ZADD', registry, known[i + 1], known[i]) end
          end
          return -1
          """);

  private KnownOutboxScripts() {}
}

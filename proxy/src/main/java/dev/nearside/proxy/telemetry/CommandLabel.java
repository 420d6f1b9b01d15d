package dev.nearside.proxy.telemetry;

import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The values of the label {@code command}: the thirty most usual commands and {@link #OTHER}, so
 * that no client can grow the number of series.
 */
public enum CommandLabel {
  GET,
  MGET,
  SET,
  SETEX,
  MSET,
  DEL,
  UNLINK,
  EXISTS,
  EXPIRE,
  TTL,
  INCR,
  INCRBY,
  DECR,
  HGET,
  HSET,
  HGETALL,
  LPUSH,
  RPUSH,
  LPOP,
  LRANGE,
  SADD,
  SMEMBERS,
  ZADD,
  ZRANGE,
  PUBLISH,
  SUBSCRIBE,
  EVAL,
  EVALSHA,
  EXEC,
  PING,
  /** Every other command. */
  OTHER;

  private static final Map<String, CommandLabel> BY_NAME =
      Stream.of(values()).collect(Collectors.toMap(CommandLabel::name, Function.identity()));

  /**
   * Returns the label of the command called {@code name}, in whatever case.
   *
   * <p>Meant for building the command table, once a command; not for each request.
   */
  public static CommandLabel of(String name) {
    return BY_NAME.getOrDefault(name.toUpperCase(Locale.ROOT), OTHER);
  }
}

package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.Base16;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A script, which is run by its digest, and by its text where Redis does not know it yet.
 *
 * @param text Lua
 * @param digest its name at Redis
 */
@SuppressWarnings("ArrayRecordComponent") // a constant, never compared
record Script(byte[] text, String digest) {
  static Script of(String text) {
    byte[] ascii = text.getBytes(US_ASCII);
    return new Script(ascii, Base16.digest(ascii));
  }

  /** Runs it where the keys of {@code slot} are, which {@code keys} all have to be in. */
  <T> CompletableFuture<T> run(
      RowLinks links, int slot, ScriptOutputType type, List<byte[]> keys, byte[]... arguments) {
    return links.ask(slot, connection -> run(connection, type, keys, arguments));
  }

  /** Runs it; ends exceptionally where {@code connection} is none, or not open. */
  <T> CompletableFuture<T> run(
      @Nullable StatefulRedisConnection<byte[], byte[]> connection,
      ScriptOutputType type,
      List<byte[]> keys,
      byte[]... arguments) {
    if (connection == null || !connection.isOpen()) {
      return CompletableFuture.failedFuture(new UnsentException("Redis is not connected"));
    }
    RedisAsyncCommands<byte[], byte[]> redis = connection.async();
    byte[][] names = keys.toArray(byte[][]::new);
    CompletionStage<T> known = redis.evalsha(digest, type, names, arguments);
    return known
        .exceptionallyCompose(failure ->
            Leases.unwrap(failure) instanceof RedisNoScriptException
                ? redis.<T>eval(text, type, names, arguments)
                : CompletableFuture.failedStage(failure))
        .toCompletableFuture();
  }

  /** Runs it for many keys at once, which says a string; {@code arguments} begin with how many. */
  CompletableFuture<byte[]> run(
      StatefulRedisConnection<byte[], byte[]> connection, Consumer<GatheredArguments> arguments) {
    return dispatch(connection, CommandType.EVALSHA, digest.getBytes(US_ASCII), arguments)
        .exceptionallyCompose(failure ->
            failure instanceof RedisNoScriptException
                ? dispatch(connection, CommandType.EVAL, text, arguments)
                : CompletableFuture.failedStage(failure))
        .toCompletableFuture();
  }

  private static AsyncCommand<byte[], byte[], byte[]> dispatch(
      StatefulRedisConnection<byte[], byte[]> connection,
      CommandType type,
      byte[] what,
      Consumer<GatheredArguments> arguments) {
    GatheredArguments all = new GatheredArguments().bulk(what);
    arguments.accept(all);
    AsyncCommand<byte[], byte[], byte[]> command =
        new AsyncCommand<>(new Command<>(type, new ValueOutput<>(ByteArrayCodec.INSTANCE), all));
    connection.dispatch(command);
    return command;
  }
}

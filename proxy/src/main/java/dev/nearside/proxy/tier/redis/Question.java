package dev.nearside.proxy.tier.redis;

import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** Asks what Lettuce has no method for. Stateless. */
final class Question {
  private static final RedisCodec<byte[], byte[]> CODEC = ByteArrayCodec.INSTANCE;

  private Question() {}

  /**
   * Sends a command and returns its reply, an error reply too; failed where none comes. Completes
   * on the connection's thread.
   */
  static CompletionStage<Told> ask(
      StatefulConnection<byte[], byte[]> on, CommandType name, String... words) {
    CommandArgs<byte[], byte[]> args = new CommandArgs<>(CODEC);
    for (String word : words) {
      args.add(word);
    }
    NestedMultiOutput<byte[], byte[]> output = new NestedMultiOutput<>(CODEC);
    AsyncCommand<byte[], byte[], List<Object>> command =
        new AsyncCommand<>(new Command<>(name, output, args));
    long sentAtNs = System.nanoTime();
    try {
      on.dispatch(command);
    } catch (RedisException e) { // it was closed in this moment
      command.completeExceptionally(e);
    }
    return command.handle((values, failure) -> {
      if (failure != null && !output.hasError()) {
        throw new CompletionException(failure);
      }
      return Told.of(values, output.getError(), sentAtNs);
    });
  }
}

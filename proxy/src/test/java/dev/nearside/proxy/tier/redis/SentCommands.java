package dev.nearside.proxy.tier.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.RedisCommand;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is sent on a connection that only keeps it; answered by hand, by index. */
final class SentCommands {
  private final List<RedisCommand<byte[], byte[], ?>> sent = new ArrayList<>();

  @SuppressWarnings("unchecked") // a proxy of the very interface
  StatefulRedisConnection<byte[], byte[]> connection() {
    return (StatefulRedisConnection<byte[], byte[]>)
        Proxy.newProxyInstance(
            SentCommands.class.getClassLoader(),
            new Class<?>[] {StatefulRedisConnection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("dispatch")) {
                sent.addAll((List<RedisCommand<byte[], byte[], ?>>) arguments[0]);
              }
              return null;
            });
  }

  RedisCommand<byte[], byte[], ?> get(int command) {
    return sent.get(command);
  }

  void refuse(int command, String error) {
    sent.get(command).getOutput().setError(error);
    sent.get(command).complete();
  }

  void answer(int command, @Nullable String value) {
    sent.get(command).getOutput().set(value == null ? null : ByteBuffer.wrap(bytes(value)));
    sent.get(command).complete();
  }

  void answer(int command, long value) {
    sent.get(command).getOutput().set(value);
    sent.get(command).complete();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

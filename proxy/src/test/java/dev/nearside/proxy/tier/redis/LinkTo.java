package dev.nearside.proxy.tier.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The link to one server, over the connection that the supplier gives. */
record LinkTo(Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection)
    implements RowLinks {
  @Override
  public SideNames names() {
    return SideNames.PLAIN;
  }

  @Override
  public @Nullable StatefulRedisConnection<byte[], byte[]> at(int slot) {
    return connection.get();
  }

  @Override
  public void doubt() {}
}

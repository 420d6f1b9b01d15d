package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.tier.local.LookupKey;
import io.lettuce.core.api.push.PushListener;
import io.lettuce.core.api.push.PushMessage;
import java.nio.ByteBuffer;
import java.util.List;

/** Takes what the upstream says has changed out of L1, in stream order, before it returns. */
final class TrackedPushes implements PushListener {
  private static final String INVALIDATE = "invalidate";

  private final Shard shard;
  private final TrackedKeys keys;
  private final LookupKey key = new LookupKey();

  TrackedPushes(Shard shard, TrackedKeys keys) {
    this.shard = shard;
    this.keys = keys;
  }

  @Override
  public void onPushMessage(PushMessage push) {
    if (!push.getType().equals(INVALIDATE)) {
      return;
    }
    Object names = push.getContent().size() > 1 ? push.getContent().get(1) : null;
    if (names instanceof List<?> list) {
      for (Object name : list) {
        shard.pushed(key.set(shard.database(), bytes((ByteBuffer) name)));
        keys.forgotten(key.hashCode());
      }
    } else {
      shard.pushedAll();
      keys.forgottenAll();
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}

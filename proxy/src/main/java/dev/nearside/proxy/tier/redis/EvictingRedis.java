package dev.nearside.proxy.tier.redis;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** What a Redis that may evict is asked and told of its keys' use. Thread-safe, never blocks. */
public interface EvictingRedis {
  /** Returns whether it is connected. */
  boolean isOpen();

  /** Returns whether the upstream evicts keys, and those first that are used least. */
  CompletionStage<Boolean> evictsByUse();

  /** Has the upstream see the keys used; completes with how many of them exist. */
  CompletionStage<Long> touch(List<byte[]> names);
}
